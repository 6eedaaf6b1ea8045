#pragma once
// Which files of a run folder its run has written, and `dualtape` with it: told by name and place,
// so that what a user has put there is never taken for one of them.

#include <filesystem>
#include <string>
#include <vector>

namespace dualtape::lab {

// Lists, below a folder of results (RUN/spectrum), the files of these results, one a line.
inline constexpr const char* kResultsList = "files.txt";

// True for figures/NAME.{gp,tsv,svg,png,pdf} below a folder when the script NAME.gp is of ours, and
// for their temporary files; for that of a script always.
bool is_drawn_figure(const std::filesystem::path& folder, const std::filesystem::path& relative);

class RunFiles {
  public:
    // tables: names of the tables and summaries of this experiment. The folder need not be whole.
    RunFiles(std::filesystem::path folder, std::vector<std::string> tables);

    // relative: to the folder. True for
    //   config.toml manifest.json log.txt report.html DONE FAILED data*.safetensors, the tables
    //   checkpoints/[TRAINING/]{step,curvature}-N.safetensors, and tables there
    //   figures/NAME.{gp,tsv,svg,png,pdf} with a script NAME.gp of ours
    //   RUN/ANALYSIS/..., what ANALYSIS/files.txt lists, or, without it, the same as above
    // and for what a killed write of one of them has left.
    bool contains(const std::filesystem::path& relative) const;
    // All of them that are there, relative.
    std::vector<std::filesystem::path> all() const;
    // Removes what killed writes have left.
    void remove_abandoned_parts() const;

  private:
    bool is_table(const std::string& name) const;
    bool is_top_file(const std::string& name) const;
    bool is_result(const std::filesystem::path& relative) const;

    std::filesystem::path folder_;
    std::vector<std::string> tables_;
};

}  // namespace dualtape::lab
