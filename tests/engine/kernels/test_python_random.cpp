// CPython's generator: published check values, made with random.Random of CPython 3.11.
#include "engine/kernels/python_random.h"

#include <doctest/doctest.h>

using dualtape::kernels::PythonRandom;

TEST_CASE("the first words of seed 0 are CPython's") {
    PythonRandom random(0);
    CHECK(random.bits32() == 3626764237U);
    CHECK(random.bits32() == 1654615998U);
    CHECK(random.bits32() == 3255389356U);
}

TEST_CASE("random() and large seeds agree with CPython") {
    CHECK(PythonRandom(42).uniform() == 0.6394267984578837);
    CHECK(PythonRandom(1).uniform() == 0.13436424411240122);
    CHECK(PythonRandom(12345678901234567890ULL).uniform() == 0.5120180983871961);
}
