#pragma once
// manifest.json: what was run, on what, and what came out. Written when a run starts and again,
// completed, when it ends.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace dualtape::lab {

// A number of the verdict. Spread is [low, high] over seeds or draws, NaN when there is none.
struct FinalNumber {
    std::string name;  // "lambda_max_depth2"
    double value = 0;
    double low = std::numeric_limits<double>::quiet_NaN();
    double high = std::numeric_limits<double>::quiet_NaN();
    std::string unit = "";
    std::string spread = "";  // what low and high are: "5 seeds, 95 % bootstrap"
};

// Plain data, filled by run_main and the experiment, from one thread. JSON has no NaN and no
// infinity: such numbers are stored as the strings "nan", "inf", "-inf".
class Manifest {
  public:
    // For the experiment.
    void add_stream(std::string name);                           // "split", "batches", ...
    void add_parameters(std::string model, std::int64_t count);  // parameter counts by model
    void add_dataset(std::string name, std::int64_t samples, std::string fingerprint);
    void add_number(FinalNumber number);                   // same name: replaced
    void add_counter(std::string name, double value);      // same name: replaced
    void add_resolved(std::string setting, double value);  // what an "auto" became

    // For run_main.
    struct Request {
        std::string program = {}, question = {}, recipe = {}, settings_hash = {}, scalar = {};
        std::vector<std::string> argv = {};
        std::int64_t seed = 0;
        std::int64_t threads = 0;
    };
    // Starts the clocks. On resume the earlier parts of the run are taken over from `path`.
    void start(Request request, const std::filesystem::path& path, bool is_resumed);
    // status: started, done, failed or interrupted. Lists every file of the folder with size and
    // SHA-256 except itself, log.txt, report.html and marks; the report is drawn from this file.
    void write(const std::string& status, const std::string& reason,
               const std::vector<std::string>& warnings);

    const std::vector<FinalNumber>& numbers() const { return numbers_; }
    const std::vector<std::pair<std::string, double>>& counters() const { return counters_; }

  private:
    struct Dataset {
        std::string name;
        std::int64_t samples = 0;
        std::string fingerprint;
    };

    Request request_;
    std::filesystem::path path_;
    std::string earlier_parts_ = "[]";  // JSON
    std::string start_utc_;
    double start_seconds_ = 0;
    std::vector<std::string> streams_;
    std::vector<std::pair<std::string, std::int64_t>> parameters_;
    std::vector<Dataset> datasets_;
    std::vector<FinalNumber> numbers_;
    std::vector<std::pair<std::string, double>> counters_;
    std::vector<std::pair<std::string, double>> resolved_;
};

// What the manifest says of the machine and of this build; also shown by --version.
struct BuildInfo {
    std::string version, git_hash, compiler, flags, preset, eigen;
    bool is_dirty = false;
};
const BuildInfo& build_info();
std::string cpu_name();
double cpu_seconds();              // of this process, all threads
std::int64_t peak_memory_bytes();  // largest resident size so far

// The process id in a manifest, 0 when there is none; never throws.
std::int64_t manifest_process(const std::filesystem::path& path);
// True when the file is a manifest of this project.
bool is_manifest(const std::filesystem::path& path);
// What a manifest says of its run; empty texts when there is none. Never throws.
struct ManifestFacts {
    std::string program, recipe, status, reason, version, git_hash;
    bool is_dirty = false;  // made with uncommitted changes
};
ManifestFacts manifest_facts(const std::filesystem::path& path);
// A sentence for every listed file beside the manifest (tables, settings, data; not checkpoints or
// figures) that is missing or has other bytes than when the run ended. Without a manifest one that
// says so; none when the run has not ended.
std::vector<std::string> changed_files(const std::filesystem::path& path);
// Sizes and checksums of the figures anew, once they were drawn again; the rest stays.
// Throws InputError when it is no manifest.
void refresh_files(const std::filesystem::path& path);
// The final numbers of a run, in its order; none when there is no manifest.
std::vector<FinalNumber> manifest_numbers(const std::filesystem::path& path);

}  // namespace dualtape::lab
