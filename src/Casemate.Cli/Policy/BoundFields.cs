using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Initdata;

namespace Casemate.Cli.Policy;

/// <summary>Hashes of a carried policy, and what evidence will hold for it.</summary>
internal static class BoundFields
{
    /// <summary>What every platform reports; for a policy without initdata, what AKS reports.</summary>
    public static ImmutableArray<BoundField> Of(CarriedPolicy policy) => policy.Document is { } document
        ? BoundField.Of(document.Digest.AsSpan())
        : [BoundField.OfAgentPolicy(policy.Policy!)];

    /// <summary>
    /// Those of the policies in a file that decide: where one carries both forms, a guest of AKS measures the bare policy and any other
    /// the initdata.
    /// </summary>
    public static ImmutableArray<CarriedPolicy> Carrying(ImmutableArray<CarriedPolicy> policies) =>
        policies.Where(policy => policy.Document is not null).ToImmutableArray() is { IsEmpty: false } initdata ? initdata : policies;

    /// <summary>The SHA-256 of the Rego text, or null.</summary>
    public static string? PolicyHash(CarriedPolicy policy) =>
        policy.Policy is { } text ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) : null;

    /// <summary>Writes the members of a JSON object.</summary>
    public static void Write(Utf8JsonWriter json, CarriedPolicy policy)
    {
        json.WriteString("origin", policy.Origin);
        if (policy.Document is { } document)
        {
            json.WriteStartObject("initdata");
            json.WriteString("algorithm", document.Algorithm);
            json.WriteString("digest", Convert.ToHexStringLower(document.Digest.AsSpan()));
            json.WriteEndObject();
        }

        if (PolicyHash(policy) is { } hash)
        {
            json.WriteString("policySha256", hash);
        }

        Write(json, Of(policy));
    }

    /// <summary>Writes fields as an object by platform.</summary>
    public static void Write(Utf8JsonWriter json, ImmutableArray<BoundField> fields)
    {
        json.WriteStartObject("fields");
        foreach (var field in fields)
        {
            json.WriteStartObject(field.Target);
            json.WriteString("field", field.Field);
            json.WriteString("value", field.Hex);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Writes them for people.</summary>
    public static void Write(ConsoleOutput console, CarriedPolicy policy)
    {
        console.Out.WriteLine(console.Paint(Tone.Strong, ErrorText.OneLine(policy.Origin)));
        if (policy.Document is { } document)
        {
            Line(console, $"initdata {document.Algorithm}", Convert.ToHexStringLower(document.Digest.AsSpan()));
        }

        if (PolicyHash(policy) is { } hash)
        {
            Line(console, "policy sha256", hash);
        }

        foreach (var field in Of(policy))
        {
            Write(console, field);
        }
    }

    /// <summary>Writes one as a line for people.</summary>
    public static void Write(ConsoleOutput console, BoundField field) => Line(console, $"{field.Target} {field.Field}", field.Hex);

    private static void Line(ConsoleOutput console, string name, string value) => console.Out.WriteLine($"  {name,-18} {value}");
}
