using Casemate.Rego.Builtins;

namespace Casemate.Rego.Tests.Conformance;

/// <summary>One case in the format of Open Policy Agent's conformance suite, <c>test/cases</c> of its repository.</summary>
public sealed class ConformanceCase
{
    private readonly RegoObject _fields;

    private ConformanceCase(RegoObject fields) => _fields = fields;

    public string Note => Text("note") ?? "";

    public static IEnumerable<ConformanceCase> ReadFile(string path)
    {
        Assert.True(YamlValues.TryRead(File.ReadAllText(path), out var document, out var error), $"{path}: {error}");
        return ((RegoArray)((RegoObject)document)["cases"]!).Select(fields => new ConformanceCase((RegoObject)fields));
    }

    /// <summary>What is wrong with the engine's answer; null when nothing is.</summary>
    public string? Run(RegoVersion version)
    {
        var sources = ((_fields["modules"] as RegoArray) ?? RegoArray.Empty)
            .Select((module, i) => new RegoSource($"module-{i}.rego", ((RegoString)module).Value));
        var compilation = RegoCompiler.Compile(sources, new RegoCompileOptions { Version = version });
        var wantedError = Text("want_error_code");
        if (!compilation.Succeeded)
        {
            var codes = compilation.Errors.Select(e => e.Code.ToText()).ToList();
            return wantedError is not null && codes.Contains(wantedError) ? null : string.Join("\n", compilation.Errors);
        }

        if (compilation.Policy.TryPrepare(Text("query") ?? "data", out var refused) is not { } query)
        {
            return wantedError == refused!.Code.ToText() ? null : refused.ToString();
        }

        var options = new RegoEvaluation
        {
            StrictBuiltinErrors = _fields["strict_error"] == RegoValue.True,
            Now = DateTimeOffset.UnixEpoch.AddDays(1),
            Seed = 1
        };
        var result = query.Evaluate(Input(), _fields["data"] is RegoObject data ? data : RegoObject.Create([]), options);
        if (result.Error is { } failed)
        {
            var message = Text("want_error");
            return wantedError == failed.Code.ToText() && (message is null || failed.Message.Contains(message, StringComparison.Ordinal))
                ? null : failed.ToString();
        }

        if (wantedError is not null)
        {
            return $"no error, wanted {wantedError}";
        }

        return Compare(result.Bindings);
    }

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
            (got, want) = (got.Order(), want.Order());
        }

        return got.SequenceEqual(want) ? null : $"got {RegoArray.Create(got)}, wanted {RegoArray.Create(want)}";
    }

    private static RegoValue AsJson(RegoValue value)
    {
        Assert.True(RegoValue.TryReadJson(System.Text.Encoding.UTF8.GetBytes(value.ToJson()), out var json, out var error), error);
        return json;
    }

    private RegoValue? Input()
    {
        if (Text("input_term") is { } term)
        {
            return RegoCompiler.Compile("input.rego", $"package input_term\nvalue := {term}").Policy!.Prepare("data.input_term.value")
                .Evaluate(null).Value;
        }

        return _fields["input"];
    }

    private string? Text(string name) => (_fields[name] as RegoString)?.Value;
}
