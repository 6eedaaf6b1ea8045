#pragma once
// The style sheet of report.html: light, dark and paper, readable at any width.

namespace dualtape::lab {

inline constexpr const char* kReportStyle = R"css(
:root { color-scheme: light dark; --text: #1b1b1b; --soft: #5c5c5c; --page: #ffffff;
  --panel: #f5f6f7; --line: #d8dadd; --good: #00694b; --bad: #a63c00; --link: #005a94; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --soft: #a8a8a8; --page: #16181b;
  --panel: #202327; --line: #3a3e44; --good: #4cc9a0; --bad: #ff9a5c; --link: #6fbdf2; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 75rem; padding: 1.5rem; color: var(--text);
  background: var(--page); font: 1rem/1.5 system-ui, "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p { margin: .4rem 0; }
p, ul, h1, figcaption { max-width: 57rem; overflow-wrap: anywhere; }
a { color: var(--link); }
.question { font-size: 1.1rem; color: var(--soft); }
.verdict { margin: 1rem 0; padding: .8rem 1rem; background: var(--panel);
  border-left: .3rem solid var(--link); font-size: 1.05rem; }
.findings { padding-left: 1.2rem; }
.note { color: var(--soft); font-size: .92rem; }
.wide, pre { overflow-x: auto; }
::-webkit-scrollbar { height: .7rem; background: var(--panel); }
::-webkit-scrollbar-thumb { background: var(--soft); border-radius: .35rem; }
table { border-collapse: collapse; font-size: .9rem; margin: .4rem 0; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
thead th { background: var(--panel); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead .number { white-space: normal; }
.pairs th { font-weight: normal; color: var(--soft); }
.pairs td { overflow-wrap: anywhere; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.open { color: var(--soft); }
figure { margin: 1.6rem 0; }
figure img { display: block; width: 100%; max-width: 52rem; height: auto; background: #ffffff;
  border: 1px solid var(--line); border-radius: 4px; }
figcaption { margin: .4rem 0; }
summary { cursor: pointer; color: var(--link); font-size: .92rem; }
details table { font-size: .8rem; }
pre { padding: .8rem 1rem; background: var(--panel); border-radius: 4px;
  font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
.warnings li { margin: .3rem 0; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media screen and (max-width: 44rem) { body { padding: 1rem; }
  .named thead { display: none; }
  .named, .named tbody, .named tr, .pairs, .pairs tbody, .pairs tr, .pairs th { display: block; }
  .named tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .named td { display: flow-root; padding: .1rem 0 .1rem 9.5rem; border: 0; text-align: left;
    white-space: normal; overflow-wrap: anywhere; }
  .named td::before { content: attr(data-name); float: left; width: 9rem; margin-left: -9.5rem;
    color: var(--soft); }
  .pairs td { display: block; padding-top: 0; } .pairs th { border: 0; padding-bottom: 0; } }
@media print { :root { color-scheme: light; --text: #000; --soft: #444; --page: #fff;
  --panel: #f3f3f3; --line: #bbb; --good: #00513a; --bad: #8a3200; --link: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  figure, tr, .verdict { break-inside: avoid; } h2, h3 { break-after: avoid; }
  pre { white-space: pre-wrap; } details:not([open]) { display: none; } }
)css";

}  // namespace dualtape::lab
