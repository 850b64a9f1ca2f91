namespace Casemate.KataPolicy.Tests;

/// <summary>Policies in words: what one allows, what a change of it grants, and where it says so.</summary>
public sealed class PolicyReviewTests
{
    private static readonly PolicyData s_two = SamplePolicies.Pod(
        ImageForm.GuestPull, SamplePolicies.App("web", ImageForm.GuestPull), SamplePolicies.App("db", ImageForm.GuestPull));

    [Fact]
    public void AnExplanationOfTwoContainers_FitsAScreen()
    {
        var lines = PolicyExplanation.Lines(s_two);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.True(lines.Count <= 49, string.Join('\n', lines));
        Assert.Contains(lines, line => line.Contains("/bin/serve --listen=:80 --cost=$5", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("user 1000, group 3000", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', lines));
    }

    [Fact]
    public void APolicy_DiffersNotFromItself() => Assert.Empty(PolicyDiff.Compare(SamplePolicies.Layered, SamplePolicies.Layered));

    [Fact]
    public void ADifference_SaysWhatIsGranted_ByContainer()
    {
        var web = s_two.Containers[1];
        var changed = web with
        {
            Oci = web.Oci with
            {
                Process = web.Oci.Process with
                {
                    User = new UserPolicy(0, 3000) { AdditionalGids = [2000, 3000] },
                    Env = [.. web.Oci.Process.Env, "NEW=1"]
                }
            },
        };
        var changes = PolicyDiff.Compare(s_two, s_two with { Containers = [s_two.Containers[0], changed] });
        Assert.Contains(new PolicyChange("web", true, "would now allow the user 0 instead of 1000"), changes);
        Assert.Contains(new PolicyChange("web", true, "would now allow the variable NEW=1"), changes);
        Assert.Contains(new PolicyChange("db", false, "no longer allows this container"), changes);
    }

    [Theory]
    [InlineData("web", "OCI.Process.Args", "\"Args\"")]
    [InlineData("db", "OCI.Mounts[3].source", "\"Mounts\"")]
    [InlineData("db", "storages", "\"storages\"")]
    public void AFieldAtFault_HasALine(string container, string path, string wanted)
    {
        var text = AgentPolicyText.Write(s_two);
        var line = PolicyPlace.LineOf(text, container, path);
        var lines = text.Split('\n');
        Assert.Contains(wanted, lines[line - 1], StringComparison.Ordinal);
        var name = Array.FindLastIndex(lines, line - 1, one => one.Contains("\"name\"", StringComparison.Ordinal));
        Assert.Contains($"\"{container}\"", lines[name], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^web-[0-9]+(-[0-9]+)?-[bcd]+$", "web-0-b")]
    [InlineData("(?:/passthrough)?x{3}(a|b)\\.c[^ab]", "xxxa.c0")]
    public void APattern_HasASample(string pattern, string sample)
    {
        Assert.Equal(sample, PatternSample.Of(pattern));
        Assert.Matches(pattern, sample);
    }
}
