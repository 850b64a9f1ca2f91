namespace Casemate.Cli.Measure;

/// <summary>One value of a piece of evidence, and what gives it.</summary>
/// <param name="Name">Its name in the evidence.</param>
/// <param name="Reported">The value.</param>
/// <param name="IsExplained">Whether inputs were found that give it.</param>
/// <param name="Explanation">Which they are; or what was tried.</param>
internal sealed record ComparedValue(string Name, byte[] Reported, bool IsExplained, string Explanation);
