using System.Text;
using Casemate.Primitives.Asn1;

namespace Casemate.Collateral;

/// <summary>A distinguished name as its exact bytes, with its common name for people and for telling roles apart.</summary>
/// <param name="Encoded">The whole DER value; names are equal when these bytes are.</param>
/// <param name="CommonName">The last common name, empty when there is none.</param>
internal sealed record X509Name(byte[] Encoded, string CommonName)
{
    // id-at-commonName, 2.5.4.3
    private static ReadOnlySpan<byte> CommonNameOid => [0x55, 0x04, 0x03];

    /// <summary>Reads a Name where the reader stands.</summary>
    public static bool TryRead(ref DerReader reader, out X509Name name)
    {
        name = new X509Name([], "");
        if (reader.PeekTag != DerTag.Sequence || !reader.TryReadValue(out _, out var content, out var encoded))
        {
            return false;
        }

        var commonName = "";
        var parts = new DerReader(content);
        while (!parts.IsEmpty)
        {
            if (!parts.TryRead(DerTag.Set, out var set))
            {
                return false;
            }

            var attributes = new DerReader(set);
            while (!attributes.IsEmpty)
            {
                if (!attributes.TryReadSequence(out var attribute) || !attribute.TryReadOid(out var type)
                    || !attribute.TryReadValue(out var tag, out var value, out _))
                {
                    return false;
                }

                if (type.SequenceEqual(CommonNameOid))
                {
                    commonName = tag == DerTag.Utf8String ? Encoding.UTF8.GetString(value) : Encoding.Latin1.GetString(value);
                }
            }
        }

        name = new X509Name(encoded.ToArray(), commonName);
        return true;
    }

    /// <summary>Whether both names are the same, byte for byte.</summary>
    public bool Is(X509Name other) => Encoded.AsSpan().SequenceEqual(other.Encoded);
}
