using System.Runtime.InteropServices;
using System.Text;
using Turnpike.Protocol;

namespace Turnpike.Fuzz.Targets;

/// <summary>The input once as UTF-8 and once as UTF-16, ill-formed as it may be, through OpaqueString.</summary>
public static class OpaqueStringTarget
{
    /// <summary>Takes a text.</summary>
    public static void Run(ReadOnlySpan<byte> input)
    {
        Check(Encoding.UTF8.GetString(input));
        Check(new string(MemoryMarshal.Cast<byte, char>(input)));
    }

    private static void Check(string text)
    {
        if (!OpaqueString.TryPrepare(text, out string prepared))
        {
            FuzzException.Unless(prepared.Length == 0, "A refused text gives something out.");
            return;
        }

        FuzzException.Unless(prepared.Length > 0, "An empty text was accepted.");
        FuzzException.Unless(prepared.IsNormalized(NormalizationForm.FormC), "A prepared text is not in NFC.");
        foreach (char c in prepared)
        {
            FuzzException.Unless(!char.IsControl(c), "A prepared text holds a control character.");
            FuzzException.Unless(c == ' ' || !char.IsSeparator(c), "A prepared text holds a space other than U+0020.");
        }

        bool again = OpaqueString.TryPrepare(prepared, out string twice);
        FuzzException.Unless(again && twice == prepared, "Preparing twice differs from preparing once.");
    }
}
