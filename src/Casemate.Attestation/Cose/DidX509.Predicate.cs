using System.Diagnostics.CodeAnalysis;
using System.Text;
using Casemate.Attestation.Pki;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Cose;

public sealed partial class DidX509
{
    /// <summary>What the signer's certificate must say.</summary>
    private abstract class Predicate(string name)
    {
        public string Name { get; } = name;

        public abstract bool Holds(Certificate leaf);

        public static bool TryParse(string text, [NotNullWhen(true)] out Predicate? predicate)
        {
            predicate = null;
            var items = text.Split(':');
            return items[0] switch
            {
                "subject" => SubjectPredicate.TryParse(items.AsSpan(1), out predicate),
                "eku" => EkuPredicate.TryParse(items.AsSpan(1), out predicate),
                "san" => SanPredicate.TryParse(items.AsSpan(1), out predicate),
                _ => false,
            };
        }
    }

    /// <summary>Attributes of the subject's name, in any order; others may stand beside them.</summary>
    private sealed class SubjectPredicate(List<(byte[] Oid, string Value)> attributes) : Predicate("subject")
    {
        public static bool TryParse(ReadOnlySpan<string> items, [NotNullWhen(true)] out Predicate? predicate)
        {
            predicate = null;
            var attributes = new List<(byte[] Oid, string Value)>();
            for (var i = 0; i + 1 < items.Length; i += 2)
            {
                if (!TryReadKey(items[i], out var oid) || attributes.Exists(a => a.Oid.AsSpan().SequenceEqual(oid))
                    || !TryUnescape(items[i + 1], out var value))
                {
                    return false;
                }

                attributes.Add((oid, value));
            }

            if (attributes.Count == 0 || items.Length % 2 != 0)
            {
                return false;
            }

            predicate = new SubjectPredicate(attributes);
            return true;
        }

        public override bool Holds(Certificate leaf) => attributes.TrueForAll(a => Find(leaf.Subject.Span, a.Oid) == a.Value);

        // Null as well when the attribute stands in the name twice: which of them counts would be a matter of taste.
        private static string? Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted)
        {
            string? found = null;
            var reader = new DerReader(name);
            if (!reader.TryReadSequence(out var sets))
            {
                return null;
            }

            while (sets.TryRead(DerTag.Set, out var set))
            {
                var attributes = new DerReader(set);
                while (attributes.TryReadSequence(out var attribute))
                {
                    if (!attribute.TryReadOid(out var oid) || !oid.SequenceEqual(wanted))
                    {
                        continue;
                    }

                    if (found is not null || !attribute.TryReadValue(out var tag, out var text, out _)
                        || tag is not (DerTag.Utf8String or DerTag.PrintableString or DerTag.Ia5String)
                        || !System.Text.Unicode.Utf8.IsValid(text))
                    {
                        return null;
                    }

                    found = Encoding.UTF8.GetString(text);
                }
            }

            return found;
        }

        private static bool TryReadKey(string key, out byte[] oid)
        {
            oid = key switch
            {
                "CN" => [0x55, 0x04, 0x03],
                "C" => [0x55, 0x04, 0x06],
                "L" => [0x55, 0x04, 0x07],
                "ST" => [0x55, 0x04, 0x08],
                "STREET" => [0x55, 0x04, 0x09],
                "O" => [0x55, 0x04, 0x0A],
                "OU" => [0x55, 0x04, 0x0B],
                _ => OidText.Encode(key),
            };
            return oid.Length > 0;
        }
    }

    /// <summary>A purpose of extKeyUsage.</summary>
    private sealed class EkuPredicate(byte[] oid) : Predicate("eku")
    {
        public static bool TryParse(ReadOnlySpan<string> items, [NotNullWhen(true)] out Predicate? predicate)
        {
            var oid = items.Length == 1 ? OidText.Encode(items[0]) : [];
            predicate = oid.Length > 0 ? new EkuPredicate(oid) : null;
            return predicate is not null;
        }

        public override bool Holds(Certificate leaf)
        {
            if (!leaf.TryGetExtension(Oid.ExtendedKeyUsage, out var value))
            {
                return false;
            }

            var reader = new DerReader(value);
            if (!reader.TryReadSequence(out var purposes) || !reader.IsEmpty)
            {
                return false;
            }

            while (purposes.TryReadOid(out var purpose))
            {
                if (purpose.SequenceEqual(oid))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>An alternative name of the subject.</summary>
    private sealed class SanPredicate(int tag, string value) : Predicate("san")
    {
        public static bool TryParse(ReadOnlySpan<string> items, [NotNullWhen(true)] out Predicate? predicate)
        {
            predicate = null;

            // GeneralName, primitive context tags (RFC 5280 section 4.2.1.6).
            var tag = items.Length != 2 ? -1 : items[0] switch { "email" => 0x81, "dns" => 0x82, "uri" => 0x86, _ => -1 };
            if (tag < 0 || !TryUnescape(items[1], out var value))
            {
                return false;
            }

            predicate = new SanPredicate(tag, value);
            return true;
        }

        public override bool Holds(Certificate leaf)
        {
            if (!leaf.TryGetExtension(Oid.SubjectAltName, out var extension))
            {
                return false;
            }

            var reader = new DerReader(extension);
            if (!reader.TryReadSequence(out var names) || !reader.IsEmpty)
            {
                return false;
            }

            while (names.TryReadValue(out var found, out var name, out _))
            {
                if (found == tag && name.SequenceEqual(Encoding.UTF8.GetBytes(value)))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
