#pragma once
// Tables with one fact a row, as analyses of circuits write them: what trainings say at the last
// step of the table. One that has ended before says nothing of it.

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/report/estimates.h"
#include "experiments/report/training_groups.h"

namespace dualtape::report {

class Facts {
  public:
    // name: the column that names the fact; its value stands in the column "value". No file: no
    // facts.
    Facts(const std::filesystem::path& table, std::string name);

    // Rows to choose from where a fact has several: {{"part", "test"}, {"mode", "zero"}}.
    using Where = std::vector<std::pair<const char*, const char*>>;
    // One a training, in the order of the file; those without the fact are left out.
    std::vector<double> numbers(const std::string& fact, const Where& where = {}) const;
    std::vector<std::string> texts(const std::string& fact, const Where& where = {}) const;
    // Median and interval over the trainings.
    Estimate estimate(const std::string& fact, const Where& where = {}) const {
        return estimate_value(numbers(fact, where));
    }
    std::string text(const std::string& fact, const Where& where = {}) const {
        return text_of(estimate(fact, where));
    }

  private:
    std::string name_;
    TrainingGroups groups_;
};

}  // namespace dualtape::report
