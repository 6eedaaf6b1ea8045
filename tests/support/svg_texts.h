#pragma once
// The texts of a figure as gnuplot drew it: where each stands, and which of them hide each other.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string>
#include <vector>

#include "experiments/lab/markup.h"

namespace dualtape::testing {

struct SvgText {
    std::string text;
    double x = 0, y = 0;  // the anchor on the base line, pixels
    double angle = 0;     // degrees, clockwise as in SVG
    double size = 12;     // of the font
    std::string anchor;   // start, middle, end

    // Corners of the letters: from 0.75 of the size above the base line to 0.1 below. The estimated
    // width errs on the wide side by about a tenth.
    std::array<std::array<double, 2>, 4> corners() const {
        const double width = 0.9 * size * lab::text_width(text);
        const double left = anchor == "start" ? 0 : anchor == "end" ? -width : -width / 2;
        const double turn = angle * std::numbers::pi / 180;
        std::array<std::array<double, 2>, 4> all{};
        const double across[] = {left, left + width, left + width, left};
        const double down[] = {-0.75 * size, -0.75 * size, 0.1 * size, 0.1 * size};
        for (std::size_t i = 0; i < 4; ++i)
            all[i] = {x + across[i] * std::cos(turn) - down[i] * std::sin(turn),
                      y + across[i] * std::sin(turn) + down[i] * std::cos(turn)};
        return all;
    }
};

// The value of an attribute of the element that begins at `at`; "" without it.
inline std::string svg_attribute(const std::string& svg, std::size_t at, const std::string& name) {
    const std::size_t end = svg.find('>', at), from = svg.find(" " + name + "=\"", at);
    if (from == svg.npos || from > end) return "";
    const std::size_t start = from + name.size() + 3;
    return svg.substr(start, svg.find('"', start) - start);
}

inline std::vector<SvgText> texts_of_svg(const std::string& svg) {
    std::vector<SvgText> texts;
    for (std::size_t at = 0; (at = svg.find("<text>", at)) != svg.npos; ++at) {
        const std::size_t group = svg.rfind("<g ", at), end = svg.find("</text>", at);
        SvgText found;
        bool is_tag = false;
        for (std::size_t i = at; i < end; ++i) {
            is_tag |= svg[i] == '<';
            if (!is_tag) found.text += svg[i];
            if (svg[i] == '>') is_tag = false;
        }
        for (const auto& [escaped, plain] : {std::pair("&lt;", "<"), std::pair("&amp;", "&")})
            for (std::size_t k = 0; (k = found.text.find(escaped, k)) != found.text.npos; ++k)
                found.text.replace(k, std::string(escaped).size(), plain);
        if (found.text.find_first_not_of(' ') == found.text.npos) continue;
        const std::string transform = svg_attribute(svg, group, "transform");
        const std::size_t comma = transform.find(','), turn = transform.find("rotate(");
        found.x = std::atof(transform.c_str() + transform.find('(') + 1);
        found.y = std::atof(transform.c_str() + comma + 1);
        if (turn != transform.npos) found.angle = std::atof(transform.c_str() + turn + 7);
        found.size = std::atof(svg_attribute(svg, group, "font-size").c_str());
        found.anchor = svg_attribute(svg, group, "text-anchor");
        texts.push_back(std::move(found));
    }
    return texts;
}

// Two convex boxes are apart if they are along a side of one of them.
inline bool hide_each_other(const SvgText& one, const SvgText& other) {
    const auto a = one.corners(), b = other.corners();
    for (const auto& box : {a, b}) {
        for (const std::size_t side : {0u, 1u}) {
            const double nx = box[side + 1][0] - box[side][0], ny = box[side + 1][1] - box[side][1];
            const auto span = [&](const auto& corners) {
                double low = INFINITY, high = -INFINITY;
                for (const auto& [x, y] : corners) {
                    low = std::min(low, nx * x + ny * y);
                    high = std::max(high, nx * x + ny * y);
                }
                return std::pair(low, high);
            };
            const auto [a_low, a_high] = span(a);
            const auto [b_low, b_high] = span(b);
            if (a_high <= b_low || b_high <= a_low) return false;
        }
    }
    return true;
}

// The first fault of the texts of a figure: two that hide each other, or one that leaves the
// picture; "" if there is none.
inline std::string fault_of_texts(const std::string& svg) {
    const std::vector<SvgText> texts = texts_of_svg(svg);
    const std::size_t head = svg.find("<svg");
    const double width = std::atof(svg.c_str() + svg.find("width=\"", head) + 7);
    const double height = std::atof(svg.c_str() + svg.find("height=\"", head) + 8);
    if (texts.empty()) return "there is no text";
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (const auto& [x, y] : texts[i].corners())
            if (x < 0 || y < 0 || x > width || y > height)
                return "\"" + texts[i].text + "\" leaves the picture";
        for (std::size_t j = 0; j < i; ++j)
            if (hide_each_other(texts[i], texts[j]))
                return "\"" + texts[j].text + "\" and \"" + texts[i].text + "\" hide each other";
    }
    return "";
}

}  // namespace dualtape::testing
