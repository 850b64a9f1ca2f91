using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>One field of a message.</summary>
internal sealed record RequestField(string Name, string Type, bool IsRepeated)
{
    /// <summary>The name as requests have it.</summary>
    internal RegoString Key { get; } = RegoValue.From(Name);

    /// <summary>What protobuf fills in.</summary>
    internal RegoValue Default { get; } = IsRepeated ? RegoArray.Create([]) : Type switch
    {
        "string" => RegoValue.From(""),
        "number" => RegoValue.From(0),
        "bool" => RegoValue.False,
        "map" => RegoObject.Create([]),
        _ => RegoValue.Null,
    };

    internal static RequestField Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var type = text[(colon + 1)..];
        var repeated = type.StartsWith("[]", StringComparison.Ordinal);
        return new RequestField(text[..colon], repeated ? type[2..] : type, repeated);
    }
}
