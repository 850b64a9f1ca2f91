namespace Casemate.Rego.Evaluation;

/// <summary>The variables of one running rule, and what its bodies have yielded so far.</summary>
internal sealed class Frame
{
    public RegoValue?[] Slots { get; private set; } = new RegoValue?[16];

    /// <summary>Collects what the innermost running comprehension or rule yields.</summary>
    public Collector? Out { get; set; }

    /// <summary>The value of a complete rule or function, once a body has succeeded.</summary>
    public RegoValue? Result { get; set; }

    /// <summary>The innermost <c>with</c> in effect here.</summary>
    public WithFrame? With { get; set; }

    public void Prepare(int slots)
    {
        if (Slots.Length < slots)
        {
            Slots = new RegoValue?[Math.Max(slots, Slots.Length * 2)];
        }

        Out = null;
        Result = null;
        With = null;
    }

    public void Clear()
    {
        Array.Clear(Slots);
        Out = null;
        Result = null;
        With = null;
    }
}
