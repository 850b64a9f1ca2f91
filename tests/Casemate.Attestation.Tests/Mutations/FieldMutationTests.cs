namespace Casemate.Attestation.Tests.Mutations;

/// <summary>Each row of the list of mutations, for every valid case to which it applies.</summary>
public sealed class FieldMutationTests
{
    public static TheoryData<string, string> Rows => [.. FieldMutations.All.Select(m => (m.Format, m.What))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void RefusesTheMutation_ForItsReason(string format, string what)
    {
        var mutation = FieldMutations.All.Single(m => m.Format == format && m.What == what);
        var cases = 0;
        foreach (var (name, outcome) in mutation.Verdicts())
        {
            cases++;
            var failed = outcome.Failed();
            Assert.False(outcome.Accepted, $"{name}: accepted");
            var text = $"{name}: {string.Join(", ", failed)}";
            Assert.True(mutation.MayFail.IsEmpty
                ? failed.SequenceEqual(mutation.Expected)
                : mutation.Expected.All(failed.Contains) && failed.All(id => mutation.Expected.Contains(id) || mutation.MayFail.Contains(id)), text);
        }

        Assert.True(cases > 0, "the mutation applies to no case");
    }
}
