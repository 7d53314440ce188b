# cmake -DOUT=file.c -DNAME=symbol -DFILES="a;b" -P embed.cmake: the files, joined, as one C byte array with its length.
set(hex "")
foreach(file ${FILES})
  file(READ ${file} part HEX)
  string(APPEND hex "${part}")
endforeach()
string(LENGTH "${hex}" digits)
math(EXPR bytes "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," list "${hex}")
string(REPEAT "0x..," 16 row)
string(REGEX REPLACE "(${row})" "\\1\n" list "${list}")
file(WRITE ${OUT} "#include <stddef.h>\n"
  "extern const unsigned char ${NAME}[];\nextern const size_t ${NAME}_size;\n"
  "const unsigned char ${NAME}[] = {\n${list}0};\nconst size_t ${NAME}_size = ${bytes};\n")
