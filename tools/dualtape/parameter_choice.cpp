#include "tools/dualtape/parameter_choice.h"

#include <algorithm>

#include "experiments/analyses/curvature/sharpness.h"
#include "experiments/lab/errors.h"
#include "experiments/lab/suggest.h"
#include "experiments/lab/toml.h"

namespace dualtape::tools {

namespace {

using lab::InputError;

// Rows first .. last - 1.
struct Rows {
    std::int64_t first = 0, last = 0;
};

// The text between the brackets, for something of `count` rows.
Rows read_rows(const std::string& text, std::int64_t count, const std::string& where) {
    const auto number = [&](const std::string& digits, std::int64_t otherwise) {
        std::int64_t value = otherwise;
        if (digits.empty() || (lab::toml::read_integer(digits, value) && value >= 0)) return value;
        throw InputError(where, "\"" + text + "\" are no rows",
                         "write a row, [3], or a range without its end, [0:64]");
    };
    const std::size_t colon = text.find(':');
    Rows rows;
    if (colon == std::string::npos) {
        rows.first = number(text, -1);
        if (rows.first >= count) {
            throw InputError(
                where,
                "row " + std::to_string(rows.first) + " is wanted of " + std::to_string(count),
                "rows are counted from 0");
        }
        rows.last = rows.first + 1;
    } else {
        rows.first = number(text.substr(0, colon), 0);
        rows.last = number(text.substr(colon + 1), count);
    }
    if (rows.first < 0 || rows.first >= rows.last) {
        throw InputError(where, "the range is empty", "write a row, [3], or a range, [0:64]");
    }
    if (rows.last > count) {
        throw InputError(
            where,
            "row " + std::to_string(rows.last - 1) + " is wanted of " + std::to_string(count),
            "rows are counted from 0");
    }
    return rows;
}

bool is_of(const models::ParameterInfo& parameter, const std::string& name) {
    return parameter.name == name || parameter.name.starts_with(name + ".");
}

void check_name(const std::string& name, const std::string& where,
                const std::vector<models::ParameterInfo>& parameters) {
    const auto has_name = [&](const models::ParameterInfo& parameter) {
        return is_of(parameter, name);
    };
    if (std::any_of(parameters.begin(), parameters.end(), has_name)) return;
    std::vector<std::string> known = analyses::layer_names(parameters);
    for (const models::ParameterInfo& parameter : parameters) known.push_back(parameter.name);
    const std::string nearest = lab::nearest_word(name, known);
    throw InputError(
        where, "the network has no parameter or layer \"" + name + "\"",
        nearest.empty() ? "there are " + lab::join(known) : "did you mean " + nearest + "?");
}

void add(const std::string& word, const std::vector<models::ParameterInfo>& parameters,
         curvature::IndexSet& indices) {
    const std::string where = "--only " + word;
    const std::size_t bracket = word.find('[');
    const bool has_rows = bracket != std::string::npos;
    const std::string name = word.substr(0, bracket);
    check_name(name, where, parameters);
    if (has_rows && word.back() != ']') {
        throw InputError(where, "the bracket is not closed", "write " + name + "[0:64]");
    }
    Index offset = 0;
    for (const models::ParameterInfo& parameter : parameters) {
        if (is_of(parameter, name)) {
            Rows rows{0, parameter.rows};
            if (has_rows) {
                const std::string text = word.substr(bracket + 1, word.size() - bracket - 2);
                rows = read_rows(text, parameter.rows, where);
            }
            for (Index column = 0; column < parameter.cols; ++column) {
                for (Index row = rows.first; row < rows.last; ++row) {
                    indices.push_back(offset + column * parameter.rows + row);
                }
            }
        }
        offset += parameter.rows * parameter.cols;
    }
}

}  // namespace

curvature::IndexSet choose_parameters(const std::vector<std::string>& words,
                                      const std::vector<models::ParameterInfo>& parameters) {
    curvature::IndexSet indices;
    for (const std::string& word : words) add(word, parameters, indices);
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    if (indices.empty()) {
        throw InputError("--only " + lab::join(words, ","), "no parameter is chosen",
                         "name a layer or a parameter");
    }
    return indices;
}

}  // namespace dualtape::tools
