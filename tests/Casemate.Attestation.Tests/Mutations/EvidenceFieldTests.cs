using Casemate.Fuzz.Flips;

namespace Casemate.Attestation.Tests.Mutations;

/// <summary>
/// Every field of every valid case, with its signature left as it was: zero, all ones, one more, one less, and exchanged with the next
/// field of its size. Refused by the checks that stand for its region.
/// </summary>
public sealed class EvidenceFieldTests
{
    public static TheoryData<string> Kinds => [.. FlipSubjects.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RefusesEveryChangedField_ForAReasonOfItsRegion(string kind)
    {
        var changes = 0;
        foreach (var subject in FlipSubjects.OfKind(kind))
        {
            var known = subject.Verify(subject.Bytes, null).Failed();
            foreach (var part in subject.Parts)
            {
                foreach (var (what, changed) in Changes(subject.Bytes, part))
                {
                    changes++;
                    var outcome = subject.Verify(changed, subject.Cache);
                    var failed = outcome.Failed();
                    if (part.Region.Unprotected.Length > 0 && subject.SaysTheSame(changed))
                    {
                        Assert.Equal(known, failed);
                        continue;
                    }

                    Assert.False(outcome.Accepted, $"{subject}: {part.Region}: {what}: accepted");
                    Assert.True(!outcome.HasClaims || part.Region.MayKeepClaims, $"{subject}: {part.Region}: {what}: claims are handed out");
                    Assert.True(
                        part.Region.Explains([.. failed.Except(known)]), $"{subject}: {part.Region}: {what}: {string.Join(", ", failed)}");
                }
            }
        }

        Assert.True(changes > 0);
    }

    private static IEnumerable<(string What, byte[] Changed)> Changes(byte[] bytes, FlipPart part)
    {
        var fields = EvidenceFields.Of(part);
        for (var i = 0; i < fields.Length; i++)
        {
            var field = fields[i];
            var start = part.Start + field.Offset;
            var old = bytes[start..(start + field.Size)];
            var next = fields.Skip(i + 1).FirstOrDefault(f => f.Size == field.Size);
            var ones = new byte[field.Size];
            ones.AsSpan().Fill(0xFF);
            (string, byte[])[] values = [("zero", new byte[field.Size]), ("all ones", ones), ("one more", Add(old, 1)), ("one less", Add(old, -1))];
            foreach (var (change, value) in values)
            {
                if (!value.AsSpan().SequenceEqual(old))
                {
                    yield return ($"{field.Name}: {change}", [.. bytes[..start], .. value, .. bytes[(start + field.Size)..]]);
                }
            }

            if (next is not null)
            {
                var exchanged = (byte[])bytes.Clone();
                bytes.AsSpan(part.Start + next.Offset, next.Size).CopyTo(exchanged.AsSpan(start));
                old.CopyTo(exchanged.AsSpan(part.Start + next.Offset));
                if (!exchanged.AsSpan().SequenceEqual(bytes))
                {
                    yield return ($"{field.Name}: exchanged with {next.Name}", exchanged);
                }
            }
        }
    }

    // Little endian, with its carry.
    private static byte[] Add(byte[] value, int one)
    {
        var sum = (byte[])value.Clone();
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] = (byte)(sum[i] + one);
            if (sum[i] != (one > 0 ? 0 : 0xFF))
            {
                break;
            }
        }

        return sum;
    }
}
