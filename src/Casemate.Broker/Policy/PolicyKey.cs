using System.Collections.Immutable;
using System.Globalization;

namespace Casemate.Broker;

/// <summary>One key of a section: how it is read into <typeparamref name="T"/>, written back, and described.</summary>
internal sealed record PolicyKey<T>(
    string Name, string Type, string Default, string Meaning, Func<PolicyNode, T, T> Read, Func<T, PolicyText> Write)
{
    /// <summary>The keys inside, for a section; empty for a value.</summary>
    public ImmutableArray<AppraisalPolicyKey> Inner { get; init; } = [];
}

/// <summary>A value as YAML: one piece of text, a list with one piece a line, or the lines of a section.</summary>
internal readonly record struct PolicyText(string? Scalar, ImmutableArray<string> Items, string? Section)
{
    public static PolicyText Of(string scalar) => new(scalar, default, null);

    public static PolicyText Of(IEnumerable<string> items) => new(null, [.. items], null);

    public static PolicyText OfSection(string lines) => new(null, default, lines);

    public static PolicyText Hex(byte[]? bytes) => Of(bytes is null ? "null" : Convert.ToHexStringLower(bytes));

    public static PolicyText Number(ulong? number) => Of(number?.ToString(CultureInfo.InvariantCulture) ?? "null");

    /// <summary>The value as the handbook's tables show it.</summary>
    public string ToTableText() =>
        Scalar is { } scalar ? scalar : Items is { IsDefault: false } items ? $"[{string.Join(", ", items)}]" : "";
}
