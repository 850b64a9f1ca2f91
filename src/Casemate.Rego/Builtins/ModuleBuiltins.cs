using Casemate.Rego.Syntax;

namespace Casemate.Rego.Builtins;

/// <summary>Functions about modules as text.</summary>
internal static class ModuleBuiltins
{
    public static void Register(BuiltinTable table) => table.Add("rego.parse_module", "s", "s", Parse);

    private static RegoValue? Parse(BuiltinContext context, RegoValue file, RegoValue text)
    {
        var source = new RegoSource(((RegoString)file).Value, ((RegoString)text).Value);
        context.Step(source.Text.Length / 16);
        context.Charge(source.Text.Length * 16L);
        var refusal = RegoCompiler.Refusal(source, new RegoCompileOptions());
        try
        {
            return refusal is null ? SyntaxTree.Of(Parser.ReadModule(source.File, source.Text, RegoVersion.V1))
                : context.Error($"rego.parse_module: {refusal}");
        }
        catch (RegoSyntaxException e)
        {
            return context.Error($"rego.parse_module: {new RegoError(RegoErrorCode.ParseError, e.Message, e.Location)}");
        }
    }
}
