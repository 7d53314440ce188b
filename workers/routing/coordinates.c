#include "workers/routing/coordinates.h"

#include <math.h>

#define PI 3.14159265358979323846
#define BD_STEP (PI * 3000.0 / 180.0)
#define KRASOVSKY_A 6378245.0
#define KRASOVSKY_EE 0.00669342162296594323
#define INVERSE_ROUNDS 12

bool point_valid(struct point p)
{
    return isfinite(p.lat) && isfinite(p.lng) && fabs(p.lat) <= 90.0 && fabs(p.lng) <= 180.0;
}

bool point_in_china_box(struct point p)
{
    return p.lng >= 72.004 && p.lng <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271;
}

/* The shift from WGS-84 to GCJ-02 in degrees. */
static struct point gcj02_shift(struct point p)
{
    double x = p.lng - 105.0, y = p.lat - 35.0, root = sqrt(fabs(x));
    double wave = (20.0 * sin(6.0 * PI * x) + 20.0 * sin(2.0 * PI * x)) * 2.0 / 3.0;
    double lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave;
    double lng = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave;

    lat += (20.0 * sin(PI * y) + 40.0 * sin(PI * y / 3.0)) * 2.0 / 3.0;
    lat += (160.0 * sin(PI * y / 12.0) + 320.0 * sin(PI * y / 30.0)) * 2.0 / 3.0;
    lng += (20.0 * sin(PI * x) + 40.0 * sin(PI * x / 3.0)) * 2.0 / 3.0;
    lng += (150.0 * sin(PI * x / 12.0) + 300.0 * sin(PI * x / 30.0)) * 2.0 / 3.0;

    double phi = p.lat * PI / 180.0, s = sin(phi);
    double m = 1.0 - KRASOVSKY_EE * s * s, root_m = sqrt(m);
    struct point shift = {
        .lat = lat * 180.0 / (KRASOVSKY_A * (1.0 - KRASOVSKY_EE) / (m * root_m) * PI),
        .lng = lng * 180.0 / (KRASOVSKY_A / root_m * cos(phi) * PI),
    };
    return shift;
}

struct point wgs84_to_gcj02(struct point p)
{
    if (!point_in_china_box(p))
        return p;
    struct point shift = gcj02_shift(p);
    return (struct point){p.lat + shift.lat, p.lng + shift.lng};
}

struct point gcj02_to_wgs84(struct point p)
{
    struct point guess = p;

    for (int i = 0; i < INVERSE_ROUNDS; i++) {
        struct point there = wgs84_to_gcj02(guess);
        double lat = there.lat - p.lat, lng = there.lng - p.lng;
        guess.lat -= lat;
        guess.lng -= lng;
        if (fabs(lat) < 1e-10 && fabs(lng) < 1e-10)
            break;
    }
    return guess;
}

struct point gcj02_to_bd09(struct point p)
{
    double z = hypot(p.lng, p.lat) + 0.00002 * sin(p.lat * BD_STEP);
    double theta = atan2(p.lat, p.lng) + 0.000003 * cos(p.lng * BD_STEP);
    return (struct point){.lat = z * sin(theta) + 0.006, .lng = z * cos(theta) + 0.0065};
}

struct point bd09_to_gcj02(struct point p)
{
    double x = p.lng - 0.0065, y = p.lat - 0.006;
    double z = hypot(x, y) - 0.00002 * sin(y * BD_STEP);
    double theta = atan2(y, x) - 0.000003 * cos(x * BD_STEP);
    return (struct point){.lat = z * sin(theta), .lng = z * cos(theta)};
}

struct point point_to_wgs84(struct point p, enum crs crs)
{
    ASSERT(crs == CRS_WGS84 || crs == CRS_GCJ02 || crs == CRS_BD09);
    if (crs == CRS_WGS84)
        return p;
    return gcj02_to_wgs84(crs == CRS_BD09 ? bd09_to_gcj02(p) : p);
}

struct unit_vector point_to_unit(struct point p)
{
    double phi = p.lat * PI / 180.0, lambda = p.lng * PI / 180.0, c = cos(phi);
    return (struct unit_vector){c * cos(lambda), c * sin(lambda), sin(phi)};
}

double unit_distance_m(struct unit_vector a, struct unit_vector b)
{
    double x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
    double half_chord = sqrt(x * x + y * y + z * z) / 2.0;
    return 2.0 * EARTH_RADIUS_M * asin(half_chord > 1.0 ? 1.0 : half_chord);
}

double point_distance_m(struct point a, struct point b)
{
    return unit_distance_m(point_to_unit(a), point_to_unit(b));
}
