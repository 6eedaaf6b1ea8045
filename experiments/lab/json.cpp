#include "experiments/lab/json.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "experiments/lab/table.h"

namespace dualtape::lab {

namespace {

std::string scalar_text(const Json& json) {
    if (json.is_number_float()) {
        const std::string digits = format_number(json.get<double>());
        return std::isfinite(json.get<double>()) ? digits : "\"" + digits + "\"";
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The layout of Json::dump, but for lists of scalars: there it has a line for every number.
void append_to(std::string& text, const Json& json, const std::string& indent) {
    if (json.is_primitive()) {
        text += scalar_text(json);
        return;
    }
    const bool is_object = json.is_object();
    const auto is_scalar = [](const Json& item) { return item.is_primitive(); };
    const bool is_flat = !is_object && std::all_of(json.begin(), json.end(), is_scalar);
    const std::string inner = indent + "  ";
    text += is_object ? "{" : "[";
    bool is_first = true;
    for (const auto& [name, value] : json.items()) {
        if (!is_first) text += is_flat ? ", " : ",";
        if (!is_flat) text += "\n" + inner;
        if (is_object) text += scalar_text(name) + ": ";
        append_to(text, value, inner);
        is_first = false;
    }
    if (!is_flat && !json.empty()) text += "\n" + indent;
    text += is_object ? "}" : "]";
}

}  // namespace

std::string json_text(const Json& json) {
    std::string text;
    append_to(text, json, "");
    return text + "\n";
}

}  // namespace dualtape::lab
