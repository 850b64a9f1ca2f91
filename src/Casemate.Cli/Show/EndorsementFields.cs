using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.Pki;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Collateral;
using Casemate.Primitives.Cose;
using Casemate.Primitives.Json;

namespace Casemate.Cli.Show;

/// <summary>Takes an endorsement of a guest image apart: what its signer says. Source: RFC 9052, RFC 9360.</summary>
internal static class EndorsementFields
{
    private const int LongestText = 300;

    /// <summary>Reads an endorsement.</summary>
    /// <exception cref="MalformedInputException">It is not well-formed; the message says where.</exception>
    public static ShownEvidence Read(EvidenceFile evidence)
    {
        var bytes = evidence.Evidence;
        if (!CoseSign1.TryRead(bytes.Span, out var message, out var error))
        {
            throw new MalformedInputException(evidence.Name, $"is not a well-formed COSE_Sign1 message: {error}");
        }

        var problem = "";
        var certificates = ImmutableArray.CreateBuilder<UnverifiedCertificate>();
        foreach (var der in message.CertificateChain)
        {
            if (UnverifiedCertificate.TryRead(der.Span, out var certificate, out var unreadable))
            {
                certificates.Add(certificate!);
            }
            else
            {
                problem = $"certificate {certificates.Count + 1}: {unreadable}";
                break;
            }
        }

        return new ShownEvidence
        {
            Tee = null,
            Format = "endorsement of a guest image (COSE_Sign1)",
            Size = bytes.Length,
            Sections =
            [
                new ShownSection("protected header", [.. Header(bytes.Span, message)]),
                new ShownSection("payload", Payload(bytes.Span, message)),
                new ShownSection(
                    "signature",
                    [Field(bytes.Span, "signature", message.Signature.Span, $"{CoseAlgorithm.NameOf(message.Algorithm)}")]),
            ],
            Certificates = certificates.ToImmutable(),
            Problem = problem,
        };
    }

    private static List<ShownField> Header(ReadOnlySpan<byte> whole, CoseSign1 message)
    {
        var header = Place(whole, message.ProtectedHeader.Span);
        var fields = new List<ShownField>
        {
            new("alg", header, message.ProtectedHeader.Length, "", CoseAlgorithm.NameOf(message.Algorithm), null),
        };
        Add(fields, whole, "content type", message.ContentType);
        Add(fields, whole, "iss", message.FindText("iss"));
        Add(fields, whole, "feed", message.FindText("feed"));
        Add(fields, whole, "claim iss", message.Claims?.Issuer);
        Add(fields, whole, "claim sub", message.Claims?.Subject);
        fields.Add(new ShownField(
            "x5chain", header, message.CertificateChain.Sum(der => der.Length), "", $"{message.CertificateChain.Count} certificates",
            null));
        if (message.CertificateThumbprint is { } thumbprint)
        {
            fields.Add(Field(whole, "x5t", thumbprint.Hash.Span, $"hash algorithm {thumbprint.Algorithm}"));
        }

        if (message.SigningTime is { } time)
        {
            fields.Add(new ShownField("signingtime", header, 0, "", $"{InstantText.Format(time)}, as the signer says", null));
        }

        return fields;
    }

    private static List<ShownField> Payload(ReadOnlySpan<byte> whole, CoseSign1 message)
    {
        var start = Place(whole, message.Payload.Span);
        if (!StrictJson.TryParse(message.Payload, out var document, out _))
        {
            return [Field(whole, "payload", message.Payload.Span, "no JSON")];
        }

        using (document)
        {
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
            {
                return [Field(whole, "payload", message.Payload.Span, "no JSON object")];
            }

            var fields = new List<ShownField>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                var raw = Encoding.UTF8.GetBytes(member.Value.GetRawText());
                var place = message.Payload.Span.IndexOf(raw);
                fields.Add(new ShownField(
                    Shorten(member.Name), start + Math.Max(0, place), raw.Length, Convert.ToHexStringLower(raw),
                    Shorten(member.Value.ToString()), null));
            }

            return fields;
        }
    }

    private static void Add(List<ShownField> fields, ReadOnlySpan<byte> whole, string name, string? text)
    {
        if (text is not null)
        {
            fields.Add(Field(whole, name, Encoding.UTF8.GetBytes(text), Shorten(text)));
        }
    }

    private static ShownField Field(ReadOnlySpan<byte> whole, string name, ReadOnlySpan<byte> value, string meaning) =>
        new(name, Place(whole, value), value.Length, Convert.ToHexStringLower(value), meaning, null);

    private static int Place(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> part) => Math.Max(0, whole.IndexOf(part));

    // Text of the signer's choice: printable, and no longer than a reader wants.
    private static string Shorten(string text) => ErrorText.OneLine(text.Length > LongestText ? text[..LongestText] + "…" : text);
}
