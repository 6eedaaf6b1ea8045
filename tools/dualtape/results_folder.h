#pragma once
// The folder that a subcommand writes its results into.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/study/open_run.h"

namespace dualtape::tools {

// `out`, or when that is empty RUN/<name>; for a single checkpoint of `training`,
// RUN/<name>-<training>-<checkpoint>.
std::filesystem::path results_path(const study::OpenedRun& run, const std::string& training,
                                   const std::filesystem::path& place, const std::string& name,
                                   const std::filesystem::path& out);

// Results are made in OUT-unfinished and take the place of earlier ones in one step, once they are
// complete. Whatever ends the work before leaves the earlier ones as they were, and what there is
// of the new ones beside them, until the next start.
//   ResultsFolder results(out, tables, is_forced);
//   ... write into results.path() ...
//   results.complete();
class ResultsFolder {
  public:
    // tables: what may be written besides config.toml, report.html and figures. Throws
    // lab::InputError when `out` holds anything else, or results and not `is_forced`, or when
    // another process is making results there; then nothing was changed.
    ResultsFolder(std::filesystem::path out, std::vector<std::string> tables, bool is_forced);
    ~ResultsFolder();  // gives the folder free
    ResultsFolder(const ResultsFolder&) = delete;
    ResultsFolder& operator=(const ResultsFolder&) = delete;

    const std::filesystem::path& path() const { return work_; }
    const std::filesystem::path& place() const { return out_; }  // as it was asked for
    // Lists the files (lab::kResultsList) and puts the folder into its place. Returns
    // OUT/report.html.
    std::filesystem::path complete();

  private:
    // relative: to the folder. What a killed write of a result has left is one as well.
    bool is_result(const std::filesystem::path& folder,
                   const std::filesystem::path& relative) const;
    // Throws when a folder holds what is no result of this kind.
    void check(const std::filesystem::path& folder) const;
    void lock();
    void remove(const std::filesystem::path& folder) const;

    std::filesystem::path out_, target_, work_;  // target: out without links and final slash
    std::vector<std::string> known_;
    int lock_descriptor_ = -1;
};

// What an interrupted subcommand says: where the rows of what was finished are.
std::string interruption(const ResultsFolder& results);

}  // namespace dualtape::tools
