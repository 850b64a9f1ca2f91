using System.Text;
using Casemate.Testing;

namespace Casemate.Admission.Tests;

/// <summary>Mistakes of guides, found in texts.</summary>
public sealed class GuideTextTests
{
    private static string Guide => File.ReadAllText(Path.Combine(RepositoryPaths.Root, "tests", "corpus", "lint", "guide.md"));

    [Fact]
    public void TheGuide_YieldsAllTwentyOne() =>
        Assert.Equal(Enum.GetNames<GuideRule>(), GuideText.Check(Guide).Select(finding => finding.Rule).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void EveryFinding_HasItsPlace_AMessageAndARemedy()
    {
        var guide = Guide;

        Assert.All(GuideText.Check(guide), finding =>
        {
            Assert.InRange(finding.Offset!.Value, 0, guide.Length - 1);
            Assert.EndsWith(".", finding.Message, StringComparison.Ordinal);
            Assert.EndsWith(".", finding.Remedy, StringComparison.Ordinal);
            Assert.StartsWith(finding.Replaced, guide[finding.Offset.Value..], StringComparison.Ordinal);
        });
    }

    // Each sentence, and the same without its mistake.
    public static TheoryData<string, string, string> Sentences => new()
    {
        { "GL01", "\"apiVersion\": \"v1labs\"", "\"apiVersion\": \"vlabs\"" },
        { "GL02", "\"orchestratorRelease\": \"1.15\"", "\"orchestratorRelease\": \"1.36\"" },
        { "GL02", "az aks create --kubernetes-version 1.15.10", "az aks create --kubernetes-version 1.36.1" },
        { "GL03", "\"keyData\": \"\"", "\"keyData\": \"ssh-rsa AAAA\"" },
        { "GL04", "$sp = az ad sp create-for-rbac\n$sp.appId", "$sp = az ad sp create-for-rbac | ConvertFrom-Json\n$sp.appId" },
        { "GL04", "$sp = az ad sp create-for-rbac `\n -n a\n$sp.appId", "$sp = az ad sp create-for-rbac `\n -n a |\n ConvertFrom-Json\n$sp.appId" },
        { "GL05", "echo \"${subscription.id}\"", "$subscription = az account show | ConvertFrom-Json\necho \"$($subscription.id)\"" },
        { "GL05", "echo $subscription.id", "param($subscription)\necho $subscription.id" },
        { "GL06", "az role create --scopes\n  /subscriptions/a", "az role create --scopes `\n  /subscriptions/a" },
        { "GL06", "az role create --scopes \"/subscriptions/\na\"", "az role create --scopes \"/subscriptions/a\"" },
        { "GL07", "function waitUntilRegistered() {\n throw \"a\"\n}", "function waitUntilRegistered() {\n if ((Get-Date) -gt $deadline) { throw \"a\" }\n}" },
        { "GL08", "Write-Log \"a\"", "function Write-Log($a) { echo $a }\nWrite-Log \"a\"" },
        { "GL09", "kind: Pod\nprivileged: true\npath: /dev/sgx\ntype: CharDevice", "kind: Pod\nnodeSelector:\n  tee: sgx\nprivileged: true\npath: /dev/sgx" },
        { "GL10", "kind: Pod\n  nodeSelector:\n  tee: sgx", "kind: Pod\n  nodeSelector:\n    tee: sgx" },
        { "GL11", "kind: Deployment\nrestartPolicy: OnFailure", "kind: Job\nrestartPolicy: OnFailure" },
        { "GL12", "kind: Job\nimage: a/oe-helloworld\ncommand: [oe-sgx-device-plugin]", "kind: Job\nimage: a/oe-helloworld\ncommand: [hello]" },
        { "GL13", "kind: Pod\nimage: a/oe-helloworld", "kind: Job\nimage: a/oe-helloworld" },
        { "GL14", "https://github.com/Azure/aksengine", "https://github.com/Azure/aks-engine" },
        { "GL15", "deb http://apt.lsvm.org/xenial/", "deb http://apt.llvm.org/xenial/" },
        { "GL16", "FROM ubuntu:16.04\nCOPY a.so /\nCOPY b.so.1 /", "FROM ubuntu:24.04\nCOPY a.so /\nCOPY b.so.1 /" },
        { "GL17", "kubectl taint node a b=c:NoSchedule", "kubectl label pod a b=c" },
        { "GL18", "sgx.intel.com/epc: 10Mi\nopenenclave.io/sgx_epc_MiB: 10", "sgx.intel.com/epc: 10Mi\nsgx.intel.com/epc: 20Mi" },
        { "GL19", "kind: DaemonSet\nimage: a/sgx-device-plugin\nprivileged: true", "kind: DaemonSet\nimage: a/sgx-device-plugin\nprivileged: false" },
        { "GL20", "kind: DaemonSet\nimage: a/sgx-device-plugin\npath: /dev/sgx", "kind: DaemonSet\nimage: a/sgx-device-plugin\npath: /dev/sgx_enclave" },
        { "GL21", "az login --service-principal -u a --password b", "az login --identity" },
        { "GL21", "az ad sp create-for-rbac --role Contributor", "az identity create" },
    };

    [Theory]
    [MemberData(nameof(Sentences))]
    public void ASentence_IsFound_AndFineOnceItIsRight(string rule, string wrong, string right)
    {
        Assert.Contains(rule, GuideText.Check(wrong).Select(finding => finding.Rule));
        Assert.DoesNotContain(rule, GuideText.Check(right).Select(finding => finding.Rule));
    }

    [Fact]
    public void OrdinaryProse_HasNoFindings() => Assert.Empty(GuideText.Check(
        "# A cluster\n\nUse `kubectl get nodes`. The scopes of a role, $HOME, ${HOME} and ${project.version} are something else.\n"));

    [Fact]
    public void OfAManifest_OnlyWhatNoDocumentShows_IsLookedForInItsText() =>
        Assert.Equal(["GL15"], GuideText.CheckManifest("# apt.lsvm.org\nkind: Pod\nprivileged: true\npath: /dev/sgx\n").Select(finding => finding.Rule));

    [Fact]
    public void TheTimeItTakes_IsBounded_ForHugeLines_AndManyFindings()
    {
        foreach (var piece in (string[])["${", "$a=", "--scopes ", "kind: Pod\n", "az login --service-principal ", "COPY .so", "nodeSelector:\n", "`", "|\n"])
        {
            var text = new StringBuilder().Insert(0, piece, (1 << 19) / piece.Length).ToString();

            Assert.True(GuideText.Check(text).Length <= GuideText.MaxFindings);
            Assert.True(GuideText.Check(text.Replace("\n", " ", StringComparison.Ordinal)).Length <= GuideText.MaxFindings);
        }
    }

    [Fact]
    public void AnyPieceOfTheGuide_InAnyOrder_IsLookedAt()
    {
        var random = new Random(20201117);
        var lines = Guide.Split('\n');
        for (var i = 0; i < 300; i++)
        {
            var text = string.Join('\n', Enumerable.Range(0, 40).Select(_ => lines[random.Next(lines.Length)]).Select(
                line => random.Next(8) == 0 && line.Length > 0 ? line[random.Next(line.Length)..] : line));

            Assert.All(GuideText.Check(text), finding => Assert.InRange(finding.Offset!.Value, 0, text.Length - 1));
        }
    }
}
