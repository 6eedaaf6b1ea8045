#pragma once
// Tables measured on trained networks, training by training.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/lab/table.h"

namespace dualtape::report {

// Rows of a table that share all columns in front of `step`: one training, operator and block.
class TrainingGroups {
  public:
    explicit TrainingGroups(const std::filesystem::path& table);  // no file: no group

    struct Group {
        std::string name;     // "depth 2, seed 0"
        std::string setting;  // the name without the seed: "depth 2"
        std::string stem;     // "depth2-seed0", for names of files
        std::vector<std::size_t> rows;
    };
    const std::vector<Group>& groups() const { return groups_; }
    const lab::Table& table() const { return table_; }
    std::vector<double> numbers(const Group& group, const char* column) const;
    std::vector<std::string> texts(const Group& group, const char* column) const;

  private:
    lab::Table table_;
    std::vector<Group> groups_;
};

}  // namespace dualtape::report
