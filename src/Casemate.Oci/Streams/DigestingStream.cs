using System.Security.Cryptography;

namespace Casemate.Oci.Streams;

/// <summary>Passes what is written on, and knows its length and SHA-256 digest. Leaves the stream behind it open.</summary>
internal sealed class DigestingStream(Stream inner) : WriteOnlyStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The bytes written so far.</summary>
    public long Written { get; private set; }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        Written += buffer.Length;
        inner.Write(buffer);
    }

    /// <summary>The digest of all that was written; asked for once.</summary>
    public Digest Finish() => Digest.FromSha256(_hash.GetHashAndReset());

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
