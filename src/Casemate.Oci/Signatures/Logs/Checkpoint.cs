using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Casemate.Oci.Signatures;

/// <summary>What a log signed about its tree: origin, size and hash, as a signed note. Sources: C2SP signed-note and tlog-checkpoint.</summary>
/// <param name="Size">The entries of the tree.</param>
/// <param name="RootHash">The tree's hash.</param>
/// <param name="SignedText">The text that the signatures cover.</param>
/// <param name="Signatures">The signatures with the first four bytes of the key's id before each.</param>
internal sealed record Checkpoint(long Size, byte[] RootHash, byte[] SignedText, ImmutableArray<byte[]> Signatures)
{
    private const int MaxSignatures = 32;
    private const string SignatureStart = "— ";

    /// <summary>Reads a checkpoint.</summary>
    public static bool TryRead(string note, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        var end = note.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n') || note.AsSpan().ContainsAnyInRange('\0', '\t'))
        {
            return false;
        }

        var text = note[..(end + 1)];
        var lines = text.Split('\n');
        if (lines.Length < 4 || lines[0].Length == 0 || !Base64.TryDecode(lines[2], 32, out var root) || root.Length != 32
            || lines[1] is not { Length: > 0 and < 20 } || (lines[1].Length > 1 && lines[1][0] == '0')
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            return false;
        }

        var signatures = ImmutableArray.CreateBuilder<byte[]>();
        foreach (var line in note[(end + 2)..^1].Split('\n'))
        {
            var space = line.LastIndexOf(' ');
            if (signatures.Count == MaxSignatures || !line.StartsWith(SignatureStart, StringComparison.Ordinal) || space <= SignatureStart.Length
                || !Base64.TryDecode(line[(space + 1)..], SignatureLimits.MaxSignatureBytes, out var signature) || signature.Length <= 4)
            {
                return false;
            }

            signatures.Add(signature);
        }

        checkpoint = new Checkpoint(size, root, Encoding.UTF8.GetBytes(text), signatures.ToImmutable());
        return true;
    }

    /// <summary>True when the log signed this text: one signature names its key, and every one that does is good.</summary>
    public bool IsSignedBy(TrustedLog log)
    {
        var own = Signatures.Where(signature => signature.AsSpan(0, 4).SequenceEqual(log.Id.Span[..4])).ToList();
        return own.Count > 0 && own.TrueForAll(signature => log.Key!.Verify(SignedText, signature.AsSpan(4)));
    }
}
