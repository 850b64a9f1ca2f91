using Casemate.Rego.Evaluation;

namespace Casemate.Rego.Builtins;

/// <summary>A built-in function of any number of arguments. Null without a failure noted: undefined.</summary>
internal delegate RegoValue? BuiltinFunction(BuiltinContext context, RegoValue[] arguments);

/// <summary>A built-in function of one argument.</summary>
internal delegate RegoValue? BuiltinFunction1(BuiltinContext context, RegoValue argument);

/// <summary>A built-in function of two arguments.</summary>
internal delegate RegoValue? BuiltinFunction2(BuiltinContext context, RegoValue first, RegoValue second);

/// <summary>A built-in function and the types that its operands may have.</summary>
internal sealed class Builtin
{
    // One letter per type; '*' stands for all.
    private const string Letters = "0bnsaot";
    private static readonly string[] s_names = ["null", "boolean", "number", "string", "array", "object", "set"];

    private readonly int[] _operands;
    private readonly string[] _written;

    public Builtin(string name, string[] operands)
    {
        Name = name;
        _written = operands;
        _operands = [.. operands.Select(operand => operand == "*" ? 0x7F : operand.Sum(letter => 1 << Letters.IndexOf(letter)))];
    }

    public string Name { get; }

    /// <summary>The number of arguments; -1 for any number.</summary>
    public int Arity => IsPrint ? -1 : _operands.Length;

    /// <summary>True for <c>print</c>, which takes any number of arguments, undefined ones too.</summary>
    public bool IsPrint { get; init; }

    public BuiltinFunction1? One { get; init; }

    public BuiltinFunction2? Two { get; init; }

    public BuiltinFunction? Many { get; init; }

    /// <summary>The types of one operand as they were written down.</summary>
    public string Operand(int operand) => _written[operand];

    public bool Accepts(int operand, RegoValueKind kind) => IsPrint || (_operands[operand] >> (int)kind & 1) != 0;

    public string Wanted(int operand)
    {
        var names = _written[operand] == "*" ? s_names : [.. _written[operand].Select(letter => s_names[Letters.IndexOf(letter)])];
        return names.Length == 1 ? names[0] : $"one of {{{string.Join(", ", names)}}}";
    }

    public RegoValue? Invoke(Machine machine, RegoValue a, RegoLocation at)
    {
        machine.Step();
        var context = machine.Builtins;
        return machine.AfterBuiltin(Check(context, 0, a) ? (One is null ? Many!(context, [a]) : One(context, a)) : null, at);
    }

    public RegoValue? Invoke(Machine machine, RegoValue a, RegoValue b, RegoLocation at)
    {
        machine.Step();
        var context = machine.Builtins;
        return machine.AfterBuiltin(
            Check(context, 0, a) && Check(context, 1, b) ? (Two is null ? Many!(context, [a, b]) : Two(context, a, b)) : null, at);
    }

    public RegoValue? Invoke(Machine machine, RegoValue[] arguments, RegoLocation at)
    {
        if (arguments.Length == 1)
        {
            return Invoke(machine, arguments[0], at);
        }

        if (arguments.Length == 2)
        {
            return Invoke(machine, arguments[0], arguments[1], at);
        }

        machine.Step();
        var context = machine.Builtins;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!Check(context, i, arguments[i]))
            {
                return machine.AfterBuiltin(null, at);
            }
        }

        return machine.AfterBuiltin(Many!(context, arguments), at);
    }

    private bool Check(BuiltinContext context, int operand, RegoValue value)
    {
        if (Accepts(operand, value.Kind))
        {
            return true;
        }

        context.TypeError($"{Name}: operand {operand + 1} must be {Wanted(operand)} but got {value.TypeName}");
        return false;
    }
}
