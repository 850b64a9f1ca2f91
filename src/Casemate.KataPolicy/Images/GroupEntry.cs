using System.Collections.Immutable;

namespace Casemate.KataPolicy.Images;

/// <summary>One line of a group file.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="Gid">The group's number.</param>
/// <param name="Members">Names of the users that belong to it beyond those whose own group it is.</param>
public sealed record GroupEntry(string Name, uint Gid, ImmutableArray<string> Members);
