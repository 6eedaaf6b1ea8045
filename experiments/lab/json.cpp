#include "experiments/lab/json.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "experiments/lab/table.h"

namespace dualtape::lab {

namespace {

// Invalid UTF-8 becomes the replacement character.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Json::Json(double number)
    : text_(std::isfinite(number) ? format_number(number) : quoted(format_number(number))),
      kind_(Kind::scalar) {}

Json::Json(const std::string& text) : text_(quoted(text)), kind_(Kind::scalar) {}

Json& Json::add(const std::string& name, Json value) {
    const bool has_it = std::any_of(members_.begin(), members_.end(),
                                    [&](const auto& member) { return member.first == name; });
    if (kind_ != Kind::object || has_it) {
        throw std::logic_error("json: \"" + name + "\" cannot be added: " +
                               (has_it ? "it is there already" : "this is no object"));
    }
    members_.emplace_back(name, std::move(value));
    return *this;
}

Json& Json::add(Json value) {
    if (kind_ != Kind::list) throw std::logic_error("json: an element of what is no list");
    members_.emplace_back("", std::move(value));
    return *this;
}

void Json::append_to(std::string& text, const std::string& indent) const {
    if (kind_ == Kind::scalar) {
        text += text_;
        return;
    }
    const bool is_object = kind_ == Kind::object;
    const bool is_flat = !is_object && std::all_of(members_.begin(), members_.end(), [](auto& m) {
        return m.second.kind_ == Kind::scalar;
    });
    const std::string inner = indent + "  ";
    text += is_object ? "{" : "[";
    bool is_first = true;
    for (const auto& [name, value] : members_) {
        if (!is_first) text += is_flat ? ", " : ",";
        if (!is_flat) text += "\n" + inner;
        if (is_object) text += quoted(name) + ": ";
        value.append_to(text, inner);
        is_first = false;
    }
    if (!is_flat && !members_.empty()) text += "\n" + indent;
    text += is_object ? "}" : "]";
}

std::string Json::text() const {
    std::string text;
    append_to(text, "");
    return text + "\n";
}

}  // namespace dualtape::lab
