/* Why the server itself refuses a request: what the client is told. */
#ifndef SERVER_HTTP_FAULT_H
#define SERVER_HTTP_FAULT_H

#include "queue/base/err.h"

struct http_fault {
    int status;         /* 400..599 */
    enum err err;       /* type of the problem */
    const char *detail; /* Chinese sentence, static text */
};

/* status, err, name, detail */
#define HTTP_FAULT_TABLE(X)                                                            \
    X(FAULT_SYNTAX, 400, ERR_INPUT, "请求不符合 HTTP/1.1 格式。")                      \
    X(FAULT_TARGET, 400, ERR_INPUT, "请求地址含有不允许的字符或形式。")                \
    X(FAULT_HOST, 400, ERR_INPUT, "请求须有且只有一个有效的 Host 头。")                \
    X(FAULT_FRAMING, 400, ERR_INPUT, "请求正文的长度表示不唯一或无效。")               \
    X(FAULT_CHUNK, 400, ERR_INPUT, "分块正文格式有误，或含有不支持的扩展、尾部字段。") \
    X(FAULT_BODY, 400, ERR_INPUT, "此方法的请求不得带有正文。")                        \
    X(FAULT_REPEATED, 400, ERR_INPUT, "不可重复的请求头出现了多次。")                  \
    X(FAULT_CUT, 400, ERR_INPUT, "请求未发完连接即已关闭。")                           \
    X(FAULT_HEAD_SLOW, 408, ERR_TIMEOUT, "请求头未在限定时间内发完。")                 \
    X(FAULT_BODY_SLOW, 408, ERR_TIMEOUT, "请求正文未在限定时间内发完。")               \
    X(FAULT_BODY_SIZE, 413, ERR_TOO_LARGE, "请求正文超过上限。")                       \
    X(FAULT_TARGET_SIZE, 414, ERR_TOO_LARGE, "请求地址超过上限。")                     \
    X(FAULT_EXPECT, 417, ERR_INPUT, "不支持所要求的 Expect。")                         \
    X(FAULT_HEADER_SIZE, 431, ERR_TOO_LARGE, "请求头过大或过多。")                     \
    X(FAULT_METHOD, 501, ERR_METHOD, "不支持此请求方法。")                             \
    X(FAULT_UPGRADE, 501, ERR_INPUT, "不支持协议升级。")                               \
    X(FAULT_CODING, 501, ERR_INPUT, "不支持此传输编码。")                              \
    X(FAULT_VERSION, 505, ERR_INPUT, "只支持 HTTP/1.1 与 HTTP/1.0。")                  \
    X(FAULT_FULL, 503, ERR_LIMIT, "连接数已达上限，请稍后重试。")                      \
    X(FAULT_MEMORY, 503, ERR_NO_MEMORY, "内存不足，请稍后重试。")                      \
    X(FAULT_CANCELLED, 503, ERR_CANCELLED, "连接已半关闭，请求取消。")

enum http_fault_id {
#define HTTP_FAULT_ENUM(id, status, err, detail) id,
    HTTP_FAULT_TABLE(HTTP_FAULT_ENUM)
#undef HTTP_FAULT_ENUM
        FAULT_COUNT
};

const struct http_fault *http_fault(enum http_fault_id id);

#endif
