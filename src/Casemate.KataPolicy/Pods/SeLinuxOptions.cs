namespace Casemate.KataPolicy.Pods;

/// <summary>An SELinux label, part by part; null parts are left to the node.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="User">The user part.</param>
/// <param name="Role">The role part.</param>
/// <param name="Type">The type part.</param>
/// <param name="Level">The level part.</param>
public sealed record SeLinuxOptions(string Path, string? User, string? Role, string? Type, string? Level);
