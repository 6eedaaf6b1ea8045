#pragma once
// Golden files of probes: a word and numbers in every line.

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace dualtape::analyses {

// tests/golden/probes/NAME.txt, in the order of the file.
inline std::vector<std::pair<std::string, std::vector<double>>> golden_rows(
    const std::string& name) {
    std::ifstream file(std::string(DUALTAPE_GOLDEN_DIR) + "/probes/" + name + ".txt");
    REQUIRE(file.good());
    std::vector<std::pair<std::string, std::vector<double>>> rows;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        std::vector<double> values;
        for (double value = 0; words >> value;) values.push_back(value);
        rows.emplace_back(std::move(key), std::move(values));
    }
    return rows;
}

}  // namespace dualtape::analyses
