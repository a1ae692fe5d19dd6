package dev.sluice.abi;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Events of the PMU counters by event type, with the runtime's names. */
public final class PmuEvents {
  /** Event type for pipe utilisation. */
  public static final int DEFAULT = 2;

  // "-" marks an unused counter.
  private static final Map<Integer, String> A2A3 =
      Map.of(
          1,
          "cube_fp16_exec cube_int8_exec vec_fp32_exec vec_fp16_128lane_exec vec_fp16_64lane_exec"
              + " vec_int32_exec vec_misc_exec -",
          2,
          "vec_busy_cycles cube_busy_cycles scalar_busy_cycles mte1_busy_cycles mte2_busy_cycles"
              + " mte3_busy_cycles icache_miss icache_req",
          4,
          "ub_read_req ub_write_req l1_read_req l1_write_req l2_read_req l2_write_req"
              + " main_read_req main_write_req",
          5,
          "l0a_read_req l0a_write_req l0b_read_req l0b_write_req l0c_read_req l0c_write_req - -",
          6,
          "bankgroup_stall_cycles bank_stall_cycles vec_resc_conflict_cycles - - - - -",
          7,
          "ub_read_bw_mte l2_write_bw main_mem_write_bw ub_write_bw_mte ub_read_bw_vector"
              + " ub_write_bw_vector ub_read_bw_scalar ub_write_bw_scalar",
          8,
          "write_cache_hit write_cache_miss_allocate r0_read_cache_hit"
              + " r0_read_cache_miss_allocate r1_read_cache_hit r1_read_cache_miss_allocate - -");

  private static final Map<Integer, String> A5 =
      Map.of(
          1,
          "cube_fp_instr_busy cube_int_instr_busy - - - - - - - -",
          2,
          "pmu_idc_aic_vec_busy_o cube_instr_busy scalar_instr_busy mte1_instr_busy"
              + " mte2_instr_busy mte3_instr_busy icache_req icache_miss pmu_fix_instr_busy -",
          4,
          "- - bif_sc_pmu_read_main_instr_core bif_sc_pmu_write_main_instr_core"
              + " pmu_aiv_ext_rd_ub_instr ub_pmu_vec_rd_ub_acc pmu_aiv_ext_wr_ub_instr"
              + " ub_pmu_vec_wr_ub_acc pmu_rd_l1_instr pmu_wr_l1_instr",
          5,
          "cube_sc_pmu_read_l0a_instr pmu_wr_l0a_instr cube_sc_pmu_read_l0b_instr"
              + " pmu_wr_l0b_instr fixp_rd_l0c_instr cube_sc_pmu_read_l0c_instr"
              + " cube_sc_pmu_write_l0c_instr - - -",
          6,
          "stu_pmu_wctl_ub_cflt ldu_pmu_ib_ub_cflt pmu_idc_aic_vec_instr_vf_busy_o"
              + " idu_pmu_ins_iss_cnt - - - - - -",
          7,
          "pmu_rd_acc_ub_instr_p pmu_wr_acc_ub_instr_p pmu_fix_wr_ub_instr"
              + " mte_sc_pmu_write_acc_ub_instr_0 mte_sc_pmu_read_acc_ub_instr_0"
              + " ub_pmu_vec_rd_ub_acc ub_pmu_vec_wr_ub_acc - - -",
          8,
          "bif_sc_pmu_ar_close_l2_hit_core bif_sc_pmu_ar_close_l2_miss_core"
              + " bif_sc_pmu_ar_close_l2_victim_core bif_sc_pmu_aw_close_l2_hit_core"
              + " bif_sc_pmu_aw_close_l2_miss_core bif_sc_pmu_aw_close_l2_victim_core - - - -");

  /** All event types. */
  public static final List<Integer> TYPES = List.copyOf(new TreeMap<>(A2A3).keySet());

  private PmuEvents() {}

  public static boolean isKnown(int type) {
    return A2A3.containsKey(type);
  }

  /**
   * Returns the names of the counters in record order; empty for an unused one. An unknown type is
   * treated as by the device: as the default.
   */
  public static List<String> names(Platform platform, int type) {
    Map<Integer, String> types = platform == Platform.A5 ? A5 : A2A3;
    String names = types.getOrDefault(type, types.get(DEFAULT));
    return Arrays.stream(names.split(" ")).map(name -> name.equals("-") ? "" : name).toList();
  }
}
