namespace Casemate.KataPolicy;

/// <summary>One field of a message.</summary>
internal sealed record RequestField(string Name, string Type, bool IsRepeated)
{
    internal static RequestField Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var type = text[(colon + 1)..];
        var repeated = type.StartsWith("[]", StringComparison.Ordinal);
        return new RequestField(text[..colon], repeated ? type[2..] : type, repeated);
    }
}
