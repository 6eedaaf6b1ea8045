#pragma once
// What tests of files and programs share: a folder that vanishes, refusals as text, golden files.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "experiments/lab/errors.h"

namespace dualtape::lab {

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void spit(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "dualtape-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::filesystem::path operator/(const std::string& name) const { return path / name; }

    std::filesystem::path path;
};

// "where: what | hint", or "accepted" when nothing is thrown.
template <class Action>
std::string refusal(Action action) {
    try {
        action();
    } catch (const InputError& error) {
        return std::string(error.what()) + " | " + error.hint();
    }
    return "accepted";
}

// Compares with tests/golden/<name>; DUALTAPE_UPDATE_GOLDEN=1 writes it anew for review.
inline void check_golden(const std::string& name, const std::string& text) {
    const std::filesystem::path path = std::filesystem::path(DUALTAPE_GOLDEN_DIR) / name;
    if (std::getenv("DUALTAPE_UPDATE_GOLDEN")) {
        std::filesystem::create_directories(path.parent_path());
        spit(path, text);
    }
    INFO(path.string());
    CHECK(text == slurp(path));
}

}  // namespace dualtape::lab
