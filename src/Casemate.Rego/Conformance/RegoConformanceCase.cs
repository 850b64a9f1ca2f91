using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Casemate.Rego.Conformance;

/// <summary>
/// One case in the format that engines of the Rego language share: modules, documents and a query, and what must come of it.
/// </summary>
/// <remarks>Source: Open Policy Agent, <c>v1/test/cases</c>. Read here: <c>note query modules data input input_term want_result want_defined
/// want_error_code want_error sort_bindings strict_error env</c>; other members are passed over.</remarks>
public sealed class RegoConformanceCase
{
    // Functions that reach outside can be replaced in a case, and do nothing where they are not.
    private static readonly RegoFunction[] s_outside = [new("http.send", 1, _ => null), new("net.lookup_ip_addr", 1, _ => null)];

    private readonly RegoObject _fields;

    private RegoConformanceCase(RegoObject fields) => _fields = fields;

    /// <summary>The name of the case, <c>category/description</c>.</summary>
    public string Note => Text("note") ?? "";

    /// <summary>What stands before the first slash of the name.</summary>
    public string Category => Note.Split('/', 2)[0];

    internal IEnumerable<string> Modules => (_fields["modules"] as RegoArray ?? RegoArray.Empty).OfType<RegoString>().Select(text => text.Value);

    /// <summary>Reads the cases of one file, YAML or JSON.</summary>
    /// <param name="text">The file.</param>
    /// <param name="cases">The cases; empty after an error.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryRead(string text, out IReadOnlyList<RegoConformanceCase> cases, [NotNullWhen(false)] out string? error)
    {
        cases = [];
        if (!RegoValue.TryReadYaml(text, out var document, out error))
        {
            return false;
        }

        if (document is not RegoObject fields || fields["cases"] is not RegoArray list || list.Any(each => each is not RegoObject))
        {
            error = "there is no list of objects under 'cases'";
            return false;
        }

        cases = [.. list.Select(each => new RegoConformanceCase((RegoObject)each))];
        return true;
    }

    /// <summary>Runs the case.</summary>
    /// <param name="version">The dialect of its modules.</param>
    /// <param name="evaluation">Limits, time and seed; null for the defaults, the second day of 1970, and a seed of 1.</param>
    /// <returns>What is wrong with the engine's answer; null when nothing is.</returns>
    public string? Run(RegoVersion version, RegoEvaluation? evaluation = null)
    {
        evaluation ??= new RegoEvaluation { Now = DateTimeOffset.UnixEpoch.AddDays(1), Seed = 1 };
        var sources = (_fields["modules"] as RegoArray ?? RegoArray.Empty)
            .Select((module, i) => new RegoSource($"test-{i}.rego", (module as RegoString)?.Value ?? ""));
        var compilation = RegoCompiler.Compile(sources, new RegoCompileOptions { Version = version, Functions = s_outside });
        if (!compilation.Succeeded)
        {
            return compilation.Errors.Any(Wanted) ? null : string.Join('\n', compilation.Errors);
        }

        if (compilation.Policy.TryPrepare(Text("query") ?? "data", out var refused) is not { } query)
        {
            return Wanted(refused!) ? null : refused!.ToString();
        }

        if (!TryReadInput(out var input, out var problem))
        {
            return problem;
        }

        var result = query.Evaluate(input, _fields["data"] as RegoObject, evaluation with
        {
            StrictBuiltinErrors = _fields["strict_error"] == RegoValue.True,
            Runtime = _fields["env"] is RegoObject env
                ? RegoObject.Create([KeyValuePair.Create<RegoValue, RegoValue>(RegoValue.From("env"), env)]) : evaluation.Runtime,
        });
        if (result.Error is { } failed)
        {
            return Wanted(failed) ? null : failed.ToString();
        }

        return WantsError ? $"no error, wanted {Text("want_error_code")} {Text("want_error")}" : Compare(result.Bindings);
    }

    private bool WantsError => Text("want_error_code") is not null || Text("want_error") is not null;

    private bool Wanted(RegoError error) =>
        WantsError && (Text("want_error_code") is not { } code || code == error.Code.ToText())
        && (Text("want_error") is not { } message || AsPrinted(error).Contains(message, StringComparison.Ordinal));

    // The form in which expectations that name a place write it.
    private static string AsPrinted(RegoError error) =>
        (error.Location is { } at ? $"{at.File}:{at.Line}: " : "") + $"{error.Code.ToText()}: {error.Message}";

    private string? Compare(IReadOnlyList<RegoObject> bindings)
    {
        if (_fields["want_defined"] is RegoBoolean defined)
        {
            return bindings.Count > 0 == defined.Value ? null : $"{bindings.Count} results";
        }

        if (_fields["want_result"] is not RegoArray wanted)
        {
            return null;
        }

        // Expectations are JSON: sets are arrays, keys are strings.
        IEnumerable<RegoValue> got = bindings.Select(row => AsJson(row));
        IEnumerable<RegoValue> want = wanted;
        if (_fields["sort_bindings"] == RegoValue.True)
        {
            (got, want) = (got.Select(Sorted).Order(), want.Select(Sorted).Order());
        }

        return got.SequenceEqual(want) ? null : $"got {RegoArray.Create(got)}, wanted {RegoArray.Create(want)}";
    }

    // Arrays within bindings are compared regardless of their order too.
    private static RegoValue Sorted(RegoValue row) => RegoObject.Create(((RegoObject)row).Select(binding => KeyValuePair.Create(
        binding.Key, binding.Value is RegoArray array ? RegoArray.Create(array.Order()) : binding.Value)));

    private static RegoValue AsJson(RegoValue value) =>
        RegoValue.TryReadJson(Encoding.UTF8.GetBytes(value.ToJson()), out var json, out _) ? json : value;

    private bool TryReadInput(out RegoValue? input, [NotNullWhen(false)] out string? error)
    {
        (input, error) = (_fields["input"], null);
        if (Text("input_term") is not { } term)
        {
            return true;
        }

        var compilation = RegoCompiler.Compile("input.rego", $"package input_term\nvalue := {term}");
        error = compilation.Succeeded ? null : string.Join('\n', compilation.Errors);
        input = compilation.Policy?.Prepare("data.input_term.value").Evaluate(null).Value;
        return compilation.Succeeded;
    }

    private string? Text(string name) => (_fields[name] as RegoString)?.Value;
}
