// manifest.json: keys, numbers that JSON does not have, parts of a resumed run.
#include <cmath>
#include <limits>
#include <regex>

#include <doctest/doctest.h>

#include "experiments/lab/manifest.h"
#include "experiments/lab/sha256.h"
#include "tests/support/lab.h"

using namespace dualtape::lab;

namespace {

Manifest::Request request() {
    return {.program = "fake",
            .question = "Why?",
            .recipe = "quick",
            .settings_hash = "00ff",
            .scalar = "float",
            .argv = {"fake", "--quick", "caf\xe9"},  // not UTF-8
            .seed = 3,
            .threads = 2};
}

// With a place holder for every value that depends on machine, build or time.
std::string without_surroundings(std::string text) {
    const std::regex pattern(
        "\"(process|version|git_hash|git_dirty|compiler|flags|preset|eigen|cpu|start|end|"
        "wall_seconds|cpu_seconds|peak_memory_bytes)\": [^\\n]*?(,?)\\n");
    return std::regex_replace(text, pattern, "\"$1\": ...$2\n");
}

}  // namespace

TEST_CASE("a complete manifest has the keys and forms of the golden one") {
    TemporaryFolder folder;
    spit(folder / "metrics.tsv", "step\n1\n");
    spit(folder / "log.txt", "not listed");
    spit(folder / "config.toml.part123", "not listed");
    Manifest manifest;
    manifest.start(request(), folder / "manifest.json", false);
    manifest.add_stream("split");
    manifest.add_stream("split");
    manifest.add_parameters("depth 1", 1234);
    manifest.add_dataset("modular addition", 9409, "abcd");
    manifest.add_number({.name = "loss", .value = 1});
    manifest.add_number({.name = "loss",
                         .value = 0.1,
                         .low = 0.05,
                         .high = 0.2,
                         .unit = "nats",
                         .spread = "3 seeds"});
    manifest.add_number({.name = "step", .value = std::numeric_limits<double>::infinity()});
    manifest.add_counter("products", 1);
    manifest.add_counter("products", 2);
    manifest.add_resolved("beta", std::nan(""));
    manifest.write("done", "", {"a warning"});
    check_golden("lab/manifest.json", without_surroundings(slurp(folder / "manifest.json")));
    CHECK(is_manifest(folder / "manifest.json"));
    CHECK(manifest_process(folder / "manifest.json") == ::getpid());
}

TEST_CASE("a resumed run keeps its recipe and the parts before") {
    TemporaryFolder folder;
    const auto path = folder / "manifest.json";
    Manifest first;
    first.start(request(), path, false);
    first.write("started", "", {});
    for (int part = 1; part <= 2; ++part) {
        Manifest again;
        Manifest::Request bare = request();
        bare.recipe = "default";
        again.start(bare, path, true);
        again.write("started", "", {});
        const std::string text = slurp(path);
        CHECK(text.find("\"recipe\": \"quick\"") != std::string::npos);
        std::size_t num_parts = 0;
        for (std::size_t at = text.find("\"status\""); at != text.npos;
             at = text.find("\"status\"", at + 1))
            ++num_parts;
        CHECK(num_parts == static_cast<std::size_t>(part + 1));
    }
}

TEST_CASE("other files are not manifests") {
    TemporaryFolder folder;
    for (const char* text : {"", "{", "[]", "{}", "{\"format\": 3}", "null"}) {
        spit(folder / "manifest.json", text);
        INFO(text);
        CHECK_FALSE(is_manifest(folder / "manifest.json"));
        CHECK(manifest_process(folder / "manifest.json") == 0);
        Manifest manifest;
        CHECK_NOTHROW(manifest.start(request(), folder / "manifest.json", true));
    }
    CHECK_FALSE(is_manifest(folder / "no such file"));
}

TEST_CASE("what is known of the machine is plausible") {
    CHECK(cpu_seconds() >= 0);
    CHECK(peak_memory_bytes() > 1000000);
    CHECK_FALSE(cpu_name().empty());
    CHECK_FALSE(build_info().git_hash.empty());
}
