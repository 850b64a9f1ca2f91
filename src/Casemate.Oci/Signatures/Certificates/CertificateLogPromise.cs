using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Casemate.Oci.Signatures;

/// <summary>
/// Promises of certificate logs to publish a certificate (SCT), embedded in it. Source: RFC 6962 §3.2 and §3.3.
/// </summary>
internal static class CertificateLogPromise
{
    private const int LogIdBytes = 32;
    private const int LengthBytes = 2;
    private const byte Sha256 = 4;
    private const byte Rsa = 1;
    private const byte Ecdsa = 3;

    /// <summary>True when one promise is of a trusted log and genuine.</summary>
    /// <param name="signer">The certificate with the promises in it.</param>
    /// <param name="issuerSpki">The key of its issuer.</param>
    /// <param name="logs">The logs that are trusted.</param>
    /// <param name="found">What there is, for people.</param>
    public static bool Verify(SignerCertificate signer, ReadOnlySpan<byte> issuerSpki, ImmutableArray<TrustedLog> logs, out string found)
    {
        found = "the certificate holds no promise of a log";
        var list = signer.Promises.Span;
        if (list.IsEmpty || signer.TbsWithoutPromises() is not { } tbs)
        {
            return false;
        }

        found = "the list of promises is malformed";
        if (!TryTake(ref list, out var promises) || !list.IsEmpty)
        {
            return false;
        }

        var issuer = SHA256.HashData(issuerSpki);
        while (!promises.IsEmpty)
        {
            if (!TryTake(ref promises, out var promise) || promise.Length < 1 + LogIdBytes + 8 || promise[0] != 0)
            {
                return false;
            }

            var id = promise.Slice(1, LogIdBytes);
            var timestamp = promise.Slice(1 + LogIdBytes, 8);
            var rest = promise[(1 + LogIdBytes + 8)..];
            if (!TryTake(ref rest, out var extensions) || rest.Length < 2)
            {
                return false;
            }

            var (hash, algorithm) = (rest[0], rest[1]);
            rest = rest[2..];
            if (!TryTake(ref rest, out var signature) || !rest.IsEmpty)
            {
                return false;
            }

            found = "no promise is of a trusted log";
            var milliseconds = BinaryPrimitives.ReadUInt64BigEndian(timestamp);
            if (LogOf(logs, id) is { Key: { } key } log && hash == Sha256 && milliseconds < 253_402_300_800_000)
            {
                var at = DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
                if (algorithm == (key.Kind is SignatureKeyKind.Rsa ? Rsa : Ecdsa) && log.IsValidAt(at)
                    && key.Verify(SignedBytes(timestamp, issuer, tbs, extensions), signature, HashAlgorithmName.SHA256))
                {
                    found = $"log {Convert.ToHexStringLower(id[..8])}… at {at:yyyy-MM-ddTHH:mm:ssZ}";
                    return true;
                }

                found = "the promise of a trusted log is not genuine";
                return false;
            }
        }

        return false;
    }

    private static TrustedLog? LogOf(ImmutableArray<TrustedLog> logs, ReadOnlySpan<byte> id)
    {
        foreach (var log in logs)
        {
            if (log.Id.Span.SequenceEqual(id))
            {
                return log;
            }
        }

        return null;
    }

    // RFC 6962 §3.2: version 1, certificate time stamp, pre-certificate entry.
    private static byte[] SignedBytes(ReadOnlySpan<byte> timestamp, ReadOnlySpan<byte> issuer, ReadOnlySpan<byte> tbs, ReadOnlySpan<byte> extensions) =>
    [
        0, 0, .. timestamp, 0, 1, .. issuer, (byte)(tbs.Length >> 16), (byte)(tbs.Length >> 8), (byte)tbs.Length, .. tbs,
        (byte)(extensions.Length >> 8), (byte)extensions.Length, .. extensions,
    ];

    private static bool TryTake(ref ReadOnlySpan<byte> source, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (source.Length < LengthBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(source);
        if (length > source.Length - LengthBytes)
        {
            return false;
        }

        taken = source.Slice(LengthBytes, length);
        source = source[(LengthBytes + length)..];
        return true;
    }
}
