#include "tests/unit/routing/small_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "queue/base/file.h"
#include "workers/routing/gazetteer_build.h"

const char *const small_table_names[SMALL_TABLES] = {
    "townships.csv", "counties.csv",     "villages.tsv",  "anchors.tsv",
    "old.tsv",       "polygons.geojson", "characters.tsv"};

/* Two prefectures of one province and a municipality; 太平镇 stands in three counties. */
const char *const small_table_contents[SMALL_TABLES] = {
    "code,name,province,city,county,lat,lng,coord_source\n"
    "520101001,中心街道,贵州省,贵阳市,南明区,26.570000,106.710000,seat\n"
    "520101002,花果园街道,贵州省,贵阳市,南明区,26.560000,106.690000,seat\n"
    "520101100,太平镇,贵州省,贵阳市,南明区,26.500000,106.800000,villages\n"
    "522731100,濛江街道,贵州省,黔南布依族苗族自治州,惠水县,26.130000,106.650000,seat\n"
    "522731101,摆金镇,贵州省,黔南布依族苗族自治州,惠水县,26.030000,106.830000,seat\n"
    "522731102,太平镇,贵州省,黔南布依族苗族自治州,惠水县,26.000000,106.500000,seat\n"
    "522731103,雅水镇,贵州省,黔南布依族苗族自治州,惠水县,,,\n"
    "522732100,三合街道,贵州省,黔南布依族苗族自治州,三都水族自治县,25.990000,107.870000,seat\n"
    "522732101,太平镇,贵州省,黔南布依族苗族自治州,三都水族自治县,25.900000,107.900000,seat\n"
    "310115001,浦兴路街道,上海市,,浦东新区,31.270000,121.580000,seat\n",
    "code,name,province,city,lat,lng\n"
    "520101,南明区,贵州省,贵阳市,26.568000,106.714000\n"
    "522731,惠水县,贵州省,黔南布依族苗族自治州,26.132000,106.657000\n"
    "522732,三都水族自治县,贵州省,黔南布依族苗族自治州,,\n"
    "522733,空山县,贵州省,黔南布依族苗族自治州,25.5,107.2\n"
    "310115,浦东新区,上海市,,31.22,121.54\n",
    "code\tname\n"
    "522731101001\t摆金社区居委会\n"
    "522731101200\t石头村村委会\n"
    "522731102200\t新建村村委会\n"
    "522732101200\t新建村村委会\n"
    "520101100200\t大坝村民委员会\n",
    "village_code\tlat\tlng\n522731102200\t26.020000\t106.600000\n999999102200\t26.0\t106.6\n",
    "code_2016\tname_2016\tcounty_2016\tcode\tshare\n"
    "522731201\t斗底乡\t惠水县\t522731101\t0.95\n"
    "522731202\t岗度乡\t惠水县\t522731102\t0.55\n"
    "522731203\t远方乡\t惠水县\t522799999\t1.00\n",
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"codes\":[\"522731\"]},\"geometry\":{\"type\":"
    "\"Polygon\","
    "\"coordinates\":[[[106.4,25.8],[107.0,25.8],[107.0,26.3],[106.4,26.3],[106.4,25.8]],"
    "[[106.45,26.2],[106.5,26.2],[106.5,26.25],[106.45,26.25],[106.45,26.2]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"codes\":[\"522733\",\"999999\"]},\"geometry\":{"
    "\"type\":"
    "\"MultiPolygon\",\"coordinates\":[[[[107.1,25.4],[107.3,25.4],[107.3,25.6],[107.1,25.6],"
    "[107.1,25.4]]]]}}]}",
    "character\tsimplified\tsounds\n摆\t摆\tbai\n擺\t摆\tbai\n金\t金\tjin\n今\t今\tjin\n鎮\t镇\tzhe"
    "n\n"
    "縣\t县\txian\n惠\t惠\thui\n慧\t慧\thui\n",
};

enum err small_tables_compile(struct buf *out)
{
    char folder[] = "/tmp/jiuji-tables-XXXXXX", paths[SMALL_TABLES][128];
    struct build_report report;
    struct buf why;
    enum err err = ERR_IO;

    if (mkdtemp(folder) == NULL)
        return ERR_IO;
    buf_init(&why, 4096);
    for (int i = 0; i < SMALL_TABLES; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, small_table_names[i]);
        err = file_replace(paths[i], slice_of(small_table_contents[i]), 0600);
        if (err != ERR_OK)
            break;
    }
    const struct gazetteer_sources from = {paths[0], paths[1], paths[2], paths[3],
                                           paths[4], paths[5], paths[6], "2023-06-30"};
    if (err == ERR_OK)
        err = gazetteer_build(&from, out, &report, &why);
    for (int i = 0; i < SMALL_TABLES; i++)
        unlink(paths[i]);
    rmdir(folder);
    buf_release(&why);
    return err;
}
