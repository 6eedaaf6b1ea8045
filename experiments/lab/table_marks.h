#pragma once
// How far the tables of a training had got when a checkpoint was written: what the checkpoint
// stands on, and what the tables are cut back to when the training goes on from it.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/sha256.h"

namespace dualtape::lab {

// Tables only grow, so that their state is a number of bytes and the digest of these.
//   TableMarks marks({folder / "metrics.tsv"});
//   file.metadata["tables"] = marks.text();   // at a checkpoint
//   marks.cut_back(file.text("tables"));      // to go on from it; or cut_back("") to start anew
class TableMarks {
  public:
    // Those that are not there have no mark. Their names differ.
    explicit TableMarks(const std::vector<std::filesystem::path>& tables);

    // A line "name<tab>bytes<tab>SHA-256" for every table. Reads what was added since the last
    // call.
    std::string text();

    // Cuts every table back to its mark, and removes those without one. Throws InputError, which
    // names the table and what is wrong, when one is shorter than its mark or differs before it;
    // then all are as they were.
    void cut_back(const std::string& text);

  private:
    struct Growing {
        std::filesystem::path path;
        std::size_t bytes = 0;  // read so far
        Sha256 digest{};        // of these
    };
    std::vector<Growing> tables_;
};

}  // namespace dualtape::lab
