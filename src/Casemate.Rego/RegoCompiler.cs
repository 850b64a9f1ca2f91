using Casemate.Rego.Builtins;
using Casemate.Rego.Compiling;
using Casemate.Rego.Syntax;

namespace Casemate.Rego;

/// <summary>Compiles modules of the Rego language.</summary>
/// <remarks>
/// Phases: parse, resolve names, check safety and order bodies, check calls, check recursion, index, plan. All errors of a phase are
/// reported together. Source: Open Policy Agent, policy language.
/// </remarks>
public static class RegoCompiler
{
    /// <summary>Compiles modules together. Nothing is thrown for what is wrong in them.</summary>
    /// <param name="sources">The modules; their order does not matter.</param>
    /// <param name="options">The dialect, functions of the host, and limits; null for the defaults.</param>
    public static RegoCompilation Compile(IEnumerable<RegoSource> sources, RegoCompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        options ??= new RegoCompileOptions();
        var (modules, errors) = (new List<Module>(), new List<RegoError>());
        foreach (var source in sources)
        {
            if (Refusal(source, options) is { } refusal)
            {
                errors.Add(refusal);
                continue;
            }

            try
            {
                modules.Add(Parser.ReadModule(source.File, source.Text, options.Version));
            }
            catch (RegoSyntaxException e)
            {
                errors.Add(new RegoError(RegoErrorCode.ParseError, e.Message, e.Location));
            }
        }

        if (errors.Count > 0)
        {
            return new RegoCompilation(null, errors);
        }

        var builtins = options.Functions.Count == 0 ? BuiltinTable.Standard : BuiltinTable.Standard.With(options.Functions);
        var policy = PolicyPlanner.Plan(modules, builtins, traced: false, errors);
        return new RegoCompilation(policy, [.. errors.OrderBy(e => e.Location?.File, StringComparer.Ordinal).ThenBy(e => e.Location?.Line)
            .ThenBy(e => e.Location?.Column).Distinct()]);
    }

    /// <summary>Compiles one module.</summary>
    public static RegoCompilation Compile(string file, string text, RegoCompileOptions? options = null) =>
        Compile([new RegoSource(file, text)], options);

    internal static RegoError? Refusal(RegoSource source, RegoCompileOptions options)
    {
        var text = source.Text;
        if (text.Length > options.ModuleLength)
        {
            return Fail(1, 1, $"the module has {text.Length} characters, the limit is {options.ModuleLength}");
        }

        var line = 1;
        for (var start = 0; start <= text.Length; line++)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            if (end - start > options.ModuleColumns)
            {
                return Fail(line, options.ModuleColumns, $"the line has {end - start} columns, the limit is {options.ModuleColumns}");
            }

            if (line > options.ModuleLines)
            {
                return Fail(line, 1, $"the module has more than {options.ModuleLines} lines");
            }

            start = end + 1;
        }

        return null;

        RegoError Fail(int atLine, int column, string message) =>
            new(RegoErrorCode.ParseError, message, new RegoLocation(source.File, atLine, column));
    }
}
