namespace Casemate.KataPolicy.Images;

/// <summary>One line of a passwd file.</summary>
/// <param name="Name">The user's name.</param>
/// <param name="Uid">The user's number.</param>
/// <param name="Gid">The number of the user's own group.</param>
public sealed record PasswdEntry(string Name, uint Uid, uint Gid);
