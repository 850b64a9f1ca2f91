using System.Globalization;
using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Cli.Tests.Doctor;

/// <summary>Runs <c>casemate doctor</c> in this process and reads its findings.</summary>
internal sealed record DoctorLine(int ExitCode, string Output, string Error)
{
    private readonly JsonDocument? _document = Output.StartsWith('{') ? JsonDocument.Parse(Output) : null;

    public static Task<DoctorLine> RunAsync(params string[] arguments) => RunAsync(TimeProvider.System, null, arguments);

    /// <summary>Runs a command line against a test cluster.</summary>
    public static Task<DoctorLine> RunAsync(Uri server, params string[] arguments) => RunAsync(TimeProvider.System, server, arguments);

    public static async Task<DoctorLine> RunAsync(TimeProvider time, Uri? server, params string[] arguments)
    {
        var kubeconfig = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var environment = new Dictionary<string, string> { ["CASEMATE_STATE_DIR"] = kubeconfig + ".none" };
        try
        {
            if (server is not null)
            {
                await File.WriteAllTextAsync(kubeconfig, $$$"""
                    apiVersion: v1
                    kind: Config
                    current-context: a
                    clusters: [{name: a, cluster: {server: '{{{server}}}'}}]
                    users: [{name: a, user: {token: test-token}}]
                    contexts: [{name: a, context: {cluster: a, user: a}}]
                    """);
            }

            // A test must not see the cluster of whoever runs it.
            environment["KUBECONFIG"] = server is null ? kubeconfig + ".none" : kubeconfig;
            var invocation = new CasemateInvocation
            {
                Output = output,
                Error = error,
                OpenStandardInput = () => new MemoryStream(),
                Time = time,
                Environment = environment.GetValueOrDefault,
            };
            var code = await CasemateProgram.RunAsync(["doctor", .. arguments], invocation);
            return new DoctorLine(code, output.ToString(), error.ToString());
        }
        finally
        {
            File.Delete(kubeconfig);
        }
    }

    /// <summary>The findings of a question, as <c>outcome</c>, evidence and fix.</summary>
    public IReadOnlyList<(string Outcome, string About, string Evidence, string Fix)> Of(string id) =>
        [.. _document!.RootElement.GetProperty("findings").EnumerateArray().Where(one => one.GetProperty("id").GetString() == id)
            .Select(one => (one.GetProperty("outcome").GetString()!, one.GetProperty("about").GetString()!, one.GetProperty("evidence").GetString()!,
                one.TryGetProperty("fix", out var fix) ? fix.GetString()! : ""))];

    /// <summary>All questions with an outcome.</summary>
    public IReadOnlyList<string> With(string outcome) =>
        [.. _document!.RootElement.GetProperty("findings").EnumerateArray().Where(one => one.GetProperty("outcome").GetString() == outcome)
            .Select(one => one.GetProperty("id").GetString()!)];

    /// <summary>Holds that a question has an answer with these words.</summary>
    public void Has(string id, string outcome, string evidence, string fix)
    {
        Assert.True(
            Of(id).Any(one => one.Outcome == outcome && one.Evidence.Contains(evidence, StringComparison.Ordinal)
                && one.Fix.Contains(fix, StringComparison.Ordinal)),
            $"no finding {id} {outcome} with '{evidence}' and the fix '{fix}':\n{Output}\n{Error}");
    }
}
