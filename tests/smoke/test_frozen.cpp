// Results frozen to the byte: every recipe `tiny`, every analysis of the tool on it, at one thread
// and at two. tests/golden/frozen.sha256 holds what the preset `repro` wrote; other presets round
// differently and compare names and threads alone. After a change of results that is meant:
//   DUALTAPE_UPDATE_GOLDEN=1 build/repro/bin/test_frozen, and read the difference.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "experiments/lab/sha256.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/table.h"
#include "tests/support/lab.h"
#include "tests/support/process.h"

namespace fs = std::filesystem;
using namespace dualtape;
using lab::slurp;
using lab::TemporaryFolder;

namespace {

constexpr const char* kHashList = DUALTAPE_GOLDEN_DIR "/frozen.sha256";

struct Experiment {
    const char* name;
    const char* program;
};
constexpr Experiment kExperiments[] = {{"grokking_hessian", GROKKING_HESSIAN},
                                       {"modular_addition", MODULAR_ADDITION},
                                       {"circuit_emergence", CIRCUIT_EMERGENCE}};

// Of each run; the place of the results is added.
const std::vector<std::vector<std::string>> kAnalyses{
    {"fourier"},
    {"ablate"},
    {"probe"},
    {"spectrum", "--checkpoints", "all"},
    {"spectrum", "--operator", "ggn", "--checkpoints", "all", "--top", "3"},
    {"spectrum", "--density", "--trace", "--dense-limit", "0", "--block-by", "layer", "--verify",
     "--part", "test"},
    {"spectrum", "--sharpness", "--hessian-batch", "15", "--operator", "empirical"}};

// glibc chooses its exp and log by the processor; these are the ones that every machine has.
void fix_mathematics() {
    ::setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-AVX512F,-FMA,-FMA4", 1);
}

void run(const std::string& program, const fs::path& folder, std::vector<std::string> arguments,
         const std::string& threads) {
    arguments.insert(arguments.end(), {"--threads", threads, "--quiet"});
    const ProcessResult result = run_process(program, folder, std::move(arguments));
    INFO(program, ": ", result.err);
    REQUIRE(result.code == 0);
}

void run_all(const fs::path& folder, const std::string& threads) {
    for (const Experiment& experiment : kExperiments) {
        const std::string name = experiment.name;
        run(experiment.program, folder, {"--recipe", "tiny", "--out", name}, threads);
        for (std::size_t i = 0; i < kAnalyses.size(); ++i) {
            std::vector<std::string> words = kAnalyses[i];
            words.insert(words.begin() + 1, name);
            words.insert(words.end(), {"--out", name + "-" + words[0] + std::to_string(i)});
            run(DUALTAPE, folder, words, threads);
        }
    }
    const ProcessResult compared = run_process(
        DUALTAPE, folder, {"report", "grokking_hessian", "circuit_emergence", "--out", "compared"});
    INFO(compared.err);
    REQUIRE(compared.code == 0);
}

// What differs from one run to the next, or from one machine or commit to another.
const std::vector<std::string> kOfTheMachine{
    "argv",    "process",      "version", "git_hash",    "git_dirty",         "compiler",
    "flags",   "preset",       "eigen",   "cpu",         "threads",           "start",
    "end",     "wall_seconds", "files",   "cpu_seconds", "peak_memory_bytes", "earlier_parts",
    "counters"};

std::string without_machine(const fs::path& path) {
    auto manifest = nlohmann::ordered_json::parse(slurp(path));
    for (const std::string& key : kOfTheMachine) manifest.erase(key);
    return manifest.dump();
}

// Without the cells that tell times.
std::string without_times(const fs::path& path) {
    const lab::Table table = lab::read_table(path);
    std::string text = lab::join(table.columns, "\t");
    for (const auto& row : table.rows) {
        text += '\n';
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (table.columns[i] == "seconds" ? "" : row[i]) + '\t';
    }
    return text;
}

std::string frozen_text(const fs::path& path) {
    const std::string name = path.filename().string();
    if (name == "manifest.json") return without_machine(path);
    if (name == "spectra.tsv") return without_times(path);
    return slurp(path);
}

using Hashes = std::map<std::string, std::string>;

Hashes hashes_of(const fs::path& folder) {
    Hashes hashes;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const fs::path path = fs::relative(entry.path(), folder);
        const std::string ending = path.extension().string();
        const bool is_result = ending == ".tsv" || ending == ".json" || ending == ".safetensors";
        const bool tells_times = path.filename() == "cost.tsv";
        const bool tells_commits = path == "compared/runs.tsv";
        if (!is_result || tells_times || tells_commits) continue;
        hashes[path.generic_string()] = lab::sha256_hex(frozen_text(entry.path()));
    }
    return hashes;
}

Hashes read_list() {
    Hashes hashes;
    std::istringstream lines(slurp(kHashList));
    for (std::string hash, name; lines >> hash >> name;) hashes[name] = hash;
    return hashes;
}

void write_list(const Hashes& hashes) {
    std::string text;
    for (const auto& [name, hash] : hashes) text += hash + "  " + name + "\n";
    lab::spit(kHashList, text);
}

void check_same(const Hashes& left, const Hashes& right, bool has_same_bits) {
    for (const auto& file : left) {
        INFO(file.first);
        const auto found = right.find(file.first);
        CHECK(found != right.end());
        if (found != right.end() && has_same_bits) CHECK(found->second == file.second);
    }
    CHECK(left.size() == right.size());
}

}  // namespace

TEST_CASE("every table, summary and checkpoint of the tiny recipes is as frozen") {
#ifdef DUALTAPE_REPRO
    constexpr bool has_frozen_bits = true;
#else
    constexpr bool has_frozen_bits = false;
#endif
    fix_mathematics();
    TemporaryFolder one, two;
    run_all(one.path, "1");
    run_all(two.path, "2");
    const Hashes hashes = hashes_of(one.path);
    check_same(hashes, hashes_of(two.path), true);
    if (has_frozen_bits && std::getenv("DUALTAPE_UPDATE_GOLDEN")) write_list(hashes);
    check_same(hashes, read_list(), has_frozen_bits);
}
