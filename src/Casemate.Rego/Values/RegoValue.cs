using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Casemate.Rego;

/// <summary>
/// A value of the Rego language: immutable, compared by content, with a total order over all types
/// (null &lt; boolean &lt; number &lt; string &lt; array &lt; object &lt; set).
/// </summary>
/// <remarks>Source: Open Policy Agent, policy language and policy reference, "comparison".</remarks>
public abstract class RegoValue : IEquatable<RegoValue>, IComparable<RegoValue>
{
    /// <summary>The deepest nesting that is accepted from JSON text.</summary>
    public const int MaximumDepth = 512;

    // Values can be put into values rule by rule, beyond every bound on the nesting of text.
    internal const int MaximumNesting = 1024;

    private protected RegoValue()
    {
    }

    /// <summary>0 for scalars, and one more than its deepest member for a collection.</summary>
    internal virtual int Nesting => 0;

    /// <summary>The only null.</summary>
    public static RegoValue Null => RegoNull.Instance;

    /// <summary>The only true.</summary>
    public static RegoBoolean True => RegoBoolean.TrueValue;

    /// <summary>The only false.</summary>
    public static RegoBoolean False => RegoBoolean.FalseValue;

    /// <summary>The type.</summary>
    public abstract RegoValueKind Kind { get; }

    /// <summary>The name of the type as <c>type_name</c> gives it.</summary>
    public string TypeName => Kind switch
    {
        RegoValueKind.Null => "null",
        RegoValueKind.Boolean => "boolean",
        RegoValueKind.Number => "number",
        RegoValueKind.String => "string",
        RegoValueKind.Array => "array",
        RegoValueKind.Object => "object",
        _ => "set",
    };

    /// <summary>A boolean.</summary>
    public static RegoBoolean From(bool value) => value ? RegoBoolean.TrueValue : RegoBoolean.FalseValue;

    /// <summary>A number.</summary>
    public static RegoNumber From(long value) => RegoNumber.Create(value);

    /// <summary>A number.</summary>
    public static RegoNumber From(BigInteger value) => RegoNumber.Create(value);

    /// <summary>A string. Half of a surrogate pair is replaced by U+FFFD.</summary>
    public static RegoString From(string value) => RegoString.Create(value);

    /// <summary>Reads one JSON value. Duplicate members, invalid Unicode and nesting beyond <see cref="MaximumDepth"/> are
    /// refused.</summary>
    /// <param name="utf8Json">The text, UTF-8.</param>
    /// <param name="value">The value, or null.</param>
    /// <param name="error">What is wrong and where, without a part of the input; null after success.</param>
    public static bool TryReadJson(
        ReadOnlyMemory<byte> utf8Json, [NotNullWhen(true)] out RegoValue? value, [NotNullWhen(false)] out string? error) =>
        JsonValues.TryRead(utf8Json, out value, out error);

    /// <summary>Reads the first document of YAML text (1.2, core schema). Duplicate keys, aliases and deep nesting are refused; keys become
    /// strings.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="value">The value, or null.</param>
    /// <param name="error">What is wrong and on which line; null after success.</param>
    public static bool TryReadYaml(string yaml, [NotNullWhen(true)] out RegoValue? value, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return Builtins.YamlValues.TryRead(yaml, out value, out error);
    }

    /// <summary>Turns a parsed JSON value into a Rego value.</summary>
    /// <exception cref="ArgumentException">The element is undefined, or a number in it has an exponent of more than nine
    /// digits.</exception>
    public static RegoValue From(JsonElement element) => JsonValues.From(element);

    /// <summary>Writes the value as JSON: keys that are no strings as their JSON text, sets as arrays in order.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        JsonValues.Write(writer, this);
    }

    /// <summary>The value as compact JSON text.</summary>
    public string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, JsonValues.WriterOptions))
        {
            JsonValues.Write(writer, this);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <inheritdoc/>
    public int CompareTo(RegoValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return 0;
        }

        if (other is null)
        {
            return 1;
        }

        var (kind, otherKind) = ((int)Kind, (int)other.Kind);
        return kind == otherKind ? CompareSameKind(other) : kind.CompareTo(otherKind);
    }

    /// <inheritdoc/>
    public bool Equals(RegoValue? other) =>
        ReferenceEquals(this, other) || (other is not null && GetType() == other.GetType() && EqualsSameKind(other));

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as RegoValue);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    /// <summary>The value as a Rego term: sets in braces, keys of any type.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        TermText.Append(text, this);
        return text.ToString();
    }

    private protected static int NestingOf(ReadOnlySpan<RegoValue> members, int least = 0)
    {
        foreach (var member in members)
        {
            least = Math.Max(least, member.Nesting);
        }

        return least < MaximumNesting ? least + 1 : throw new NestedTooDeeplyException();
    }

    internal abstract int CompareSameKind(RegoValue other);

    internal abstract bool EqualsSameKind(RegoValue other);

    /// <summary>What a reference by key yields; null when undefined.</summary>
    internal virtual RegoValue? Lookup(RegoValue key) => null;

    /// <summary>The direct cost of the value in bytes, for the limit on memory.</summary>
    internal virtual long ShallowBytes => 24;
}
