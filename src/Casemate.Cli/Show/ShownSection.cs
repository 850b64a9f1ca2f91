namespace Casemate.Cli.Show;

/// <summary>A part of evidence, such as the header of a quote.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Fields">Its fields in the order of their offsets.</param>
internal sealed record ShownSection(string Name, IReadOnlyList<ShownField> Fields);
