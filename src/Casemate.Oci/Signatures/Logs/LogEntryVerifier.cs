using System.Globalization;
using System.Text;

namespace Casemate.Oci.Signatures;

/// <summary>Verifies what a transparency log said about a signature.</summary>
internal static class LogEntryVerifier
{
    // Seconds of the year 9999: later ones are no instants.
    private const long LastSecond = 253_402_300_799;

    /// <summary>Verifies one entry.</summary>
    /// <returns>When the log took it, if the log signed that; null when it is not known, or not to be trusted.</returns>
    public static DateTimeOffset? Verify(LogEntry entry, SignedMaterial material, SignatureKey key, TrustedRoot root, SignatureCheckList checks)
    {
        const string Expected = "an entry of a trusted log about this signature";
        var log = root.SignatureLogs.FirstOrDefault(log => log.Id.Span.SequenceEqual(entry.LogId.Span));
        if (log is null)
        {
            checks.Add(SignatureCheckId.LogEntry, false, Expected, $"log {Convert.ToHexStringLower(entry.LogId.Span)} is not in the trusted root");
            return null;
        }

        if (log.Key is null)
        {
            checks.Unsupported(SignatureCheckId.LogEntry, Expected, $"the log's key cannot be used: {log.KeyProblem}");
            return null;
        }

        var problem = LogEntryBody.Compare(entry, material, key, out var supported);
        if (!supported)
        {
            checks.Unsupported(SignatureCheckId.LogEntry, Expected, problem!);
            return null;
        }

        checks.Add(SignatureCheckId.LogEntry, problem is null, Expected, problem ?? $"index {entry.LogIndex.ToString(CultureInfo.InvariantCulture)}");
        VerifyProof(entry, material, log, checks);
        return VerifyPromise(entry, material, log, checks);
    }

    private static DateTimeOffset? VerifyPromise(LogEntry entry, SignedMaterial material, TrustedLog log, SignatureCheckList checks)
    {
        const string Expected = "the log's signature over entry and time";
        if (entry.SignedEntryTimestamp is not { } promise)
        {
            if (material.PromiseIsEnough)
            {
                checks.Add(SignatureCheckId.SignedEntryTimestamp, false, Expected, "none");
            }
            else
            {
                checks.Skip(SignatureCheckId.SignedEntryTimestamp, "the log gave none; it says nothing about the time");
            }

            return null;
        }

        if (entry.IntegratedTime is <= 0 or > LastSecond)
        {
            checks.Add(SignatureCheckId.SignedEntryTimestamp, false, Expected, "the entry has no time");
            return null;
        }

        var time = DateTimeOffset.FromUnixTimeSeconds(entry.IntegratedTime);
        var genuine = log.Key!.Verify(PromisedBytes(entry), promise.Span);
        return checks.Add(
            SignatureCheckId.SignedEntryTimestamp, genuine && log.IsValidAt(time), Expected,
            !genuine ? "not the log's" : log.IsValidAt(time) ? $"{time:yyyy-MM-ddTHH:mm:ssZ}" : $"the key was not the log's at {time:yyyy-MM-ddTHH:mm:ssZ}")
            ? time : null;
    }

    // The canonical JSON (RFC 8785) of these four members.
    private static byte[] PromisedBytes(LogEntry entry) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"body":"{{Convert.ToBase64String(entry.Body.Span)}}","integratedTime":{{entry.IntegratedTime}},"logID":"{{Convert.ToHexStringLower(entry.LogId.Span)}}","logIndex":{{entry.LogIndex}}}"""));

    private static void VerifyProof(LogEntry entry, SignedMaterial material, TrustedLog log, SignatureCheckList checks)
    {
        if (entry.Proof is not { } proof)
        {
            if (material.PromiseIsEnough)
            {
                checks.Skip(SignatureCheckId.InclusionProof, "the form of the signature is older than inclusion proofs");
            }
            else
            {
                checks.Add(SignatureCheckId.InclusionProof, false, "a proof that the entry is in the tree", "none");
            }

            return;
        }

        var root = MerkleProof.RootHash(MerkleProof.LeafHash(entry.Body.Span), proof.LogIndex, proof.TreeSize, proof.Hashes);
        checks.Add(
            SignatureCheckId.InclusionProof, root is not null && root.AsSpan().SequenceEqual(proof.RootHash.Span),
            $"tree hash {Convert.ToHexStringLower(proof.RootHash.Span)}", root is null ? "the proof does not fit the tree's size" : Convert.ToHexStringLower(root));

        const string Expected = "a checkpoint of the log over the same tree";
        if (proof.Checkpoint is not { } note)
        {
            checks.Add(SignatureCheckId.Checkpoint, false, Expected, "none");
        }
        else if (!Checkpoint.TryRead(note, out var checkpoint))
        {
            checks.Add(SignatureCheckId.Checkpoint, false, Expected, "it is malformed");
        }
        else
        {
            var same = checkpoint.Size == proof.TreeSize && checkpoint.RootHash.AsSpan().SequenceEqual(proof.RootHash.Span);
            checks.Add(
                SignatureCheckId.Checkpoint, same && checkpoint.IsSignedBy(log), Expected,
                same ? checkpoint.IsSignedBy(log) ? $"size {checkpoint.Size.ToString(CultureInfo.InvariantCulture)}" : "it is not signed by the log" : "it is about another tree");
        }
    }
}
