using Casemate.Admission;

namespace Casemate.Cli.Lint;

/// <summary>A finding with its place in the file.</summary>
/// <param name="Finding">It.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Part">Which part of the file its document is in.</param>
internal sealed record PlacedFinding(LintFinding Finding, int Line, int Column, int Part);
