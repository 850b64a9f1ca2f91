using System.Globalization;

namespace Casemate.Cli.Output;

/// <summary>Numbers of things for people.</summary>
internal static class Plural
{
    /// <summary>A number and what it counts: <c>1 block</c>, <c>2 blocks</c>.</summary>
    /// <param name="count">The number.</param>
    /// <param name="one">The word for one of them; the plural ends in an s.</param>
    public static string Of(long count, string one) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {one}{(count == 1 ? "" : "s")}");
}
