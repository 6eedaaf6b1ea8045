#pragma once
// The folder of one run: created, locked, resumed, and completed by DONE or FAILED.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/lab/options.h"

namespace dualtape::lab {

class RunFiles;

struct RunRequest {
    std::string program = {};
    std::string recipe = {};  // "default" when there is none, "custom" for --config
    std::int64_t seed = 0;
    std::filesystem::path root = "runs";  // parent of the default folders
    std::filesystem::path out = {};       // --out; empty for a new folder below root
    bool resume = false;
    bool force = false;
    std::string time = {};  // 20260301-120000, part of the default name
    // Names of the tables and summaries that the program writes: with them --force knows its files.
    std::vector<std::string> tables = {};
};

struct Checkpoint {
    std::int64_t step = 0;
    std::filesystem::path path;
};

// Checkpoints of a task of any run folder, newest first; none when there is no such folder.
std::vector<Checkpoint> list_checkpoints(const std::filesystem::path& folder,
                                         std::string_view task);

// Layout (a task is one of several trainings of a run, e.g. "depth3-seed0"; "" is the only one):
//   config.toml  manifest.json  log.txt  metrics.tsv  *.tsv  figures/  report.html  DONE | FAILED
//   checkpoints/step-00010000.safetensors            of task ""
//   checkpoints/<task>/step-00010000.safetensors     of a named task
//   checkpoints/<task>/metrics.tsv                   rows of a named task, joined at the end
// The object holds the lock; it vanishes with the process, also after kill -9.
class RunFolder {
  public:
    // Creates or reopens the folder and writes config.toml. Throws InputError, with the remedy,
    // when the folder is finished (--force), unfinished (--resume or --force), in use by another
    // process, not a run folder, not writable, or started with other settings. --force removes
    // what a run writes (run_files.h) and nothing else. What killed writes have left goes.
    RunFolder(const RunRequest& request, const Options& options);
    ~RunFolder();
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    bool is_resumed() const { return is_resumed_; }
    const std::string& settings_hash() const { return settings_hash_; }  // 64 digits

    // A file of the folder; parents are created. `name` is relative, e.g. "figures/loss.gp".
    std::filesystem::path file(std::string_view name) const;
    // A file that belongs to one task: file(name) for "", else checkpoints/<task>/<name>.
    std::filesystem::path task_file(std::string_view task, std::string_view name) const;
    std::filesystem::path checkpoint(std::string_view task, std::int64_t step) const;
    // Checkpoints of a task, newest first. Resume takes the first that can be read.
    std::vector<Checkpoint> checkpoints(std::string_view task) const;

    // Written last. Both remove the mark of an earlier end.
    void mark_done() const;
    void mark_failed(std::string_view reason) const;

  private:
    void lock();
    void reopen(const Options& options) const;
    void clear(const RunFiles& own) const;

    std::filesystem::path path_;
    std::string settings_hash_;
    bool is_resumed_ = false;
    int lock_descriptor_ = -1;
};

// The hash that stands in folder names, manifests and checkpoints.
std::string settings_hash(std::string_view program, const Options& options);

// Throws InputError, with a remedy, unless the folder holds the settings of a run.
void check_resumable(const std::filesystem::path& folder);

// The newest unfinished folder below root/program with these settings; empty when there is none.
std::filesystem::path find_unfinished(const RunRequest& request, const Options& options);

}  // namespace dualtape::lab
