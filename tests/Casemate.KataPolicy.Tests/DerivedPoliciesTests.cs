using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;
using Casemate.KataPolicy.Tests.Derivation;
using Casemate.KataPolicy.Tests.Manifests;
using Casemate.Rego;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests;

/// <summary>The policy that is derived for each pod of the corpus lets the pod run, and nothing else.</summary>
public sealed class DerivedPoliciesTests
{
    // Trying everything on all of them takes minutes: every seventh is tried here, and all with CASEMATE_ALL_ATTACKS=1.
    private static readonly bool s_all = Environment.GetEnvironmentVariable("CASEMATE_ALL_ATTACKS") == "1";

    private static string Directory => Path.Combine(RepositoryPaths.Root, "tests", "corpus", "kata", "manifests");

    public static TheoryData<string> Some => [.. ManifestCorpusTests.Files.Select(row => row.Data).Where((_, i) => s_all || i % 7 == 3)];

    [Theory]
    [MemberData(nameof(ManifestCorpusTests.Files), MemberType = typeof(ManifestCorpusTests))]
    public void AllowHonestRequests_FromTheSandboxToItsEnd(string name)
    {
        foreach (var data in Derived(name))
        {
            var text = AgentPolicyText.Write(data);
            var check = PolicyCheck.Of(text);
            Assert.Empty(check.Problems);
            var state = RegoState.Initial;
            foreach (var request in HonestRequests.Of(data))
            {
                var decision = check.Policy!.Decide(state, request);
                Assert.True(decision.Allowed, decision.Message);
                state = decision.State;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Some))]
    public void DenyEveryAttack(string name)
    {
        foreach (var data in Derived(name))
        {
            Assert.True(AgentPolicy.TryCompile(AgentPolicyText.Write(data), out var policy, out _));
            var report = AttackLibrary.Try(policy, data, TestContext.Current.CancellationToken);
            Assert.True(report.Holds, string.Join('\n', report.Findings));
        }
    }

    private static IEnumerable<PolicyData> Derived(string name)
    {
        var file = ManifestFile.Read(name, File.ReadAllBytes(Path.Combine(Directory, name)), ManifestOptions.Default);
        var inputs = new PodInputs { ConfigMaps = file.ConfigMaps, Secrets = file.Secrets };
        foreach (var workload in file.Workloads)
        {
            foreach (var profile in new[] { BuiltInProfiles.KataSnp, BuiltInProfiles.Aks })
            {
                if (Given.Derived(workload, profile: profile, inputs: inputs) is { Succeeded: true } derived)
                {
                    yield return derived.Data!;
                }
            }
        }
    }
}
